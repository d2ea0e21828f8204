import type { Facts } from '../../host/port.ts';
import { policyFindings } from './audit-policy.ts';
import {
  type Cidr,
  containsAddress,
  hostBits,
  NODE_PREFIX,
  overlaps,
  parseCidr,
  parseCidrs,
} from './cidr.ts';
import { parseDuration } from './duration.ts';
import type { Finding } from './findings.ts';
import type { ClusterSpec, ClusterSpecInput } from './types.ts';
import { argumentFindings } from './validate-arguments.ts';
import { etcdFindings } from './validate-etcd.ts';
import { siteFindings } from './validate-sites.ts';

const PODS = ['networking', 'podSubnet'];
const SERVICES = ['networking', 'serviceSubnet'];

/**
 * What is wrong with fields that have to fit together; empty when all is well. Of a specification that is not whole,
 * what can be said of it: values that are missing, or wrong by themselves, are passed over.
 */
export function crossFindings(spec: ClusterSpec | ClusterSpecInput): Finding[] {
  const { podSubnet, serviceSubnet } = spec.networking ?? {};
  const pods = parseCidrs(podSubnet ?? '') ?? [];
  const services = parseCidrs(serviceSubnet ?? '') ?? [];
  return [
    ...families(PODS, podSubnet, pods),
    ...families(SERVICES, serviceSubnet, services),
    ...pods.flatMap(podSize),
    ...services.flatMap(serviceSize),
    ...pods.flatMap((pod) => services.filter((service) => overlaps(pod, service)).map(overlap(pod))),
    ...hostFindings(spec.hosts ?? [], pods, services),
    ...validityFindings(spec),
    ...policyFindings(spec.security?.audit?.policy),
    ...argumentFindings(spec),
    ...siteFindings(spec),
    ...etcdFindings(spec),
  ];
}

function families(path: string[], given: string | undefined, cidrs: Cidr[]): Finding[] {
  if (cidrs.length <= 1 || (cidrs.length === 2 && cidrs[0]!.family !== cidrs[1]!.family)) return [];
  return [{ path, message: `"${given}" must be one range, or one of IPv4 and one of IPv6` }];
}

/** kube-controller-manager gives each node a /24 (IPv6: /64) and keeps a map of at most 16 bits of them. */
function podSize(cidr: Cidr): Finding[] {
  const node = NODE_PREFIX[cidr.family];
  if (cidr.prefix > node) {
    return [{ path: PODS, message: `${cidr.text} is too small: each node gets a /${node} of it` }];
  }
  if (node - cidr.prefix > 16) {
    return [
      { path: PODS, message: `${cidr.text} is too large: it may hold at most 65536 ranges of /${node}` },
    ];
  }
  return [];
}

/** kubeadm's limits: at least 10 addresses beyond the first, at most 2^20. */
function serviceSize(cidr: Cidr): Finding[] {
  if (hostBits(cidr) < 4)
    return [{ path: SERVICES, message: `${cidr.text} is too small: at least 16 addresses are needed` }];
  if (hostBits(cidr) > 20)
    return [{ path: SERVICES, message: `${cidr.text} is too large: at most 2^20 addresses` }];
  return [];
}

function overlap(pod: Cidr): (service: Cidr) => Finding {
  return (service) => ({
    path: PODS,
    or: [SERVICES],
    message: `${pod.text} overlaps networking.serviceSubnet ${service.text}; give one of them another range`,
  });
}

function hostFindings(
  hosts: readonly { name?: string; address?: string; target?: string }[],
  pods: Cidr[],
  services: Cidr[],
): Finding[] {
  const findings: Finding[] = [];
  const names = new Set<string>();
  const addresses = new Map<string, string>();
  const targets = new Map<string, string>();
  for (const [index, { name, address, target }] of hosts.entries()) {
    const path = ['hosts', index];
    const told = name ?? 'this one';
    if (name !== undefined && names.has(name))
      findings.push({ path: [...path, 'name'], message: `the name ${name} is given to two hosts` });
    if (name !== undefined) names.add(name);
    const same = target === undefined ? undefined : targets.get(target);
    if (same)
      findings.push({
        path: [...path, 'target'],
        message: `${told} and ${same} are one host, ${target}; a host is one node and has one role`,
      });
    // Each machine calls itself so: hosts that joined by themselves are recorded with it.
    if (target !== undefined && target !== 'local') targets.set(target, told);
    if (!address) continue;
    const other = addresses.get(address);
    const where = [...path, 'address'];
    if (other)
      findings.push({ path: where, message: `${told} and ${other} have the same address ${address}` });
    addresses.set(address, told);
    for (const [field, cidr] of [
      ...pods.map((pod) => [PODS, pod] as const),
      ...services.map((service) => [SERVICES, service] as const),
    ]) {
      if (!containsAddress(cidr, address)) continue;
      const message = `${cidr.text} contains the address of host ${told}, ${address}`;
      findings.push({ path: field, or: [where], message });
    }
  }
  return findings;
}

function validityFindings(spec: ClusterSpecInput): Finding[] {
  const leaf = parseDuration(spec.certificateValidity ?? '');
  const ca = parseDuration(spec.caCertificateValidity ?? '');
  if (leaf === undefined || ca === undefined || leaf <= ca) return [];
  return [
    {
      path: ['certificateValidity'],
      or: [['caCertificateValidity']],
      message: 'is longer than caCertificateValidity: a certificate cannot outlive its CA',
    },
  ];
}

/** Interfaces that a cluster's own network makes; their routes are no conflict. */
const OWN_INTERFACES = /^(cni0|cbr0|flannel[.\d]*|flannel-v6\.\d+|kube-|veth|nodelocaldns)/;

/**
 * Routes of a host (as in `ip route`: `10.244.1.0/24 via 10.0.0.2 dev eth0`) that the cluster's ranges would hide.
 * Routes over the cluster's own interfaces, and to its own hosts, are what an earlier run made.
 */
export function routeFindings(spec: ClusterSpec, facts: Pick<Facts, 'routes'>): string[] {
  const ours = new Set(spec.hosts.map((host) => host.address));
  const ranges = (['podSubnet', 'serviceSubnet'] as const).flatMap((field) =>
    (parseCidrs(spec.networking[field]) ?? []).map((cidr) => ({ field, cidr })),
  );
  return facts.routes.flatMap((route) => {
    const words = route.trim().split(/\s+/);
    const after = (word: string) => words[words.indexOf(word) + 1];
    const device = words.includes('dev') ? after('dev')! : '';
    const gateway = words.includes('via') ? after('via')! : '';
    const destination = words.find((word) => /^[\da-f.:]+(\/\d+)?$/i.test(word) && /[.:]/.test(word));
    if (words[0] === 'default' || !destination || OWN_INTERFACES.test(device) || ours.has(gateway)) return [];
    const full = destination.includes('/')
      ? destination
      : `${destination}/${destination.includes(':') ? 128 : 32}`;
    const target = parseCidr(full);
    if (!target || target.prefix === 0) return [];
    return ranges
      .filter(({ cidr }) => overlaps(cidr, target))
      .map(
        ({ field, cidr }) =>
          `networking.${field} ${cidr.text} overlaps the host's route to ${target.text}${device ? ` over ${device}` : ''}`,
      );
  });
}
