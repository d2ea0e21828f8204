import { labelOf } from '../etcd/members.ts';
import { MANIFESTS_DIR } from '../manifests/paths.ts';
import type { CertificateStatus, ClusterStatus, EtcdStatus, HostStatus } from './types.ts';

/** Days before its end from which a certificate is worth a word; the kubelet renews its own much earlier. */
const SOON_DAYS = 30;

type Seen = Pick<ClusterStatus, 'hosts' | 'etcd' | 'recordFrom'>;

/** What is not well, a line each. */
export function problemsOf({ hosts, etcd, recordFrom }: Seen): string[] {
  const answers = recordFrom === 'api' ? [] : ['no API server answers'];
  return [...answers, ...hosts.flatMap(hostProblems), ...etcdProblems(etcd)];
}

export function noticesOf({ hosts, recordFrom }: Seen, drift: readonly string[]): string[] {
  const partial =
    recordFrom === 'disk' ? ['only control planes are known: neither an API server nor etcd answers'] : [];
  return [...partial, ...hosts.flatMap(hostNotices), ...drift];
}

function hostProblems(host: HostStatus): string[] {
  const { name, reachable, reason, node, components, certificates } = host;
  const unwell = components.filter(({ well }) => !well);
  const cause = unwell.length > 0 || node?.ready === false ? host.otherAddresses : undefined;
  return [
    ...(reachable ? [] : [`${name} was not reached: ${reason}`]),
    ...unwell.map((component) => `${name}: ${component.name} is not well: ${component.reason}`),
    ...(node && !node.ready
      ? [`${name}: the Node is not Ready${node.reason ? `: ${node.reason}` : ''}`]
      : []),
    ...(cause
      ? [
          `${name}: its recorded address ${host.address} is none of the host's (${cause.join(', ')}): give it back, or put the host in its own place (kubewright node replace ${name})`,
        ]
      : []),
    ...certificates
      .filter(({ days }) => days < 0)
      .map((each) => `${name}: ${each.path} ended on ${each.expires}`),
    ...(host.strayManifests ?? []).map(
      (file) =>
        `${name}: ${MANIFESTS_DIR}/${file} is no dot-file: the kubelet runs it as a static pod; move it away`,
    ),
  ];
}

function hostNotices({ name, certificates, drift = 0, node }: HostStatus): string[] {
  const soon = certificates.filter(({ days }) => days >= 0 && days < SOON_DAYS);
  return [
    ...soon.map(({ path, days }) => `${name}: ${path} ends in ${days} days`),
    ...(drift > 0 ? [`${name}: ${drift} steps would change something`] : []),
    ...(node && !node.schedulable ? [`${name}: cordoned`] : []),
  ];
}

function etcdProblems(etcd: EtcdStatus): string[] {
  const { members, leader, reason } = etcd;
  if (reason !== undefined) return [`etcd has no list of members: ${reason}`];
  if (etcd.external) return externalProblems(etcd);
  const orphans = members.filter(({ host }) => host === undefined);
  const sick = members.filter(({ well, host }) => !well && host !== undefined);
  return [
    ...(leader === undefined ? ['etcd has no leader'] : []),
    ...orphans.map(
      (member) =>
        `etcd: the ${member.learner ? 'learner' : 'member'} ${labelOf(member)} is of no host in the record${member.well ? '' : `, and not well: ${member.reason}`}`,
    ),
    ...sick.map((member) => `etcd: ${labelOf(member)} is not well: ${member.reason}`),
    ...members
      .filter(({ learner, host, well }) => learner && host !== undefined && well)
      .map(
        (member) =>
          `etcd: ${labelOf(member)} is still a learner: kubewright join ${member.host} --control-plane`,
      ),
  ];
}

/** Whose hosts its members run on is its owner's matter. */
function externalProblems({ members, leader, endpoints = [] }: EtcdStatus): string[] {
  return [
    ...(leader === undefined ? ['etcd has no leader'] : []),
    ...endpoints
      .filter(({ well }) => !well)
      .map(({ url, reason }) => `etcd: ${url} is not reached: ${reason}`),
    ...members
      .filter(({ well }) => !well)
      .map((member) => `etcd: ${labelOf(member)} is not well: ${member.reason}`),
  ];
}

/** The one that ends first. */
export function firstToEnd(certificates: readonly CertificateStatus[]): CertificateStatus | undefined {
  return certificates.toSorted((a, b) => a.expires.localeCompare(b.expires))[0];
}
