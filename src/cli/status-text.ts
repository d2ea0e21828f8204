import { firstToEnd } from '../cluster/status/problems.ts';
import type { ClusterStatus, EtcdStatus, HostStatus, MemberHealth } from '../cluster/status/types.ts';
import { escapeTerminal } from '../output/printers/terminal.ts';
import { bytes } from '../output/reporters/text.ts';

interface Branch {
  text: string;
  branches?: Branch[];
}

/** The cluster as a tree: what is not well is said where it is, and once more, in words, below. */
export function statusText(status: ClusterStatus): string {
  const { cluster, kubernetesVersion, endpoint, hosts, etcd, problems, notices } = status;
  const branches = [etcdBranch(etcd), ...hosts.map(hostBranch)];
  const list = (title: string, lines: readonly string[]) =>
    lines.length > 0 ? [title, ...lines.map((line) => `  - ${line}`)] : [];
  return escapeTerminal(
    [
      `${cluster}  ${kubernetesVersion}  ${endpoint}`,
      ...drawn(branches),
      ...list('Not well:', problems),
      ...list('Also:', notices),
      ...(problems.length > 0 ? [] : ['All is well.']),
    ].join('\n'),
  );
}

function drawn(branches: readonly Branch[], indent = ''): string[] {
  return branches.flatMap(({ text, branches: below = [] }, index) => {
    const last = index === branches.length - 1;
    return [`${indent}${last ? '└─' : '├─'} ${text}`, ...drawn(below, `${indent}${last ? '  ' : '│ '} `)];
  });
}

function etcdBranch({ external, endpoints = [], members, leader, reason }: EtcdStatus): Branch {
  const title = external ? 'etcd, outside' : 'etcd';
  if (reason !== undefined) return { text: `${sign(false)} ${title}: ${reason}` };
  const text = `${title}: ${count(members.length, 'member')}, ${leader ? `leader ${leader}` : 'no leader'}`;
  const away = endpoints.filter(({ well }) => !well);
  return {
    text,
    branches: [
      ...members.map((member) => memberBranch(member, external ?? false)),
      ...away.map((each) => ({ text: `${sign(false)} ${each.url}  not reached: ${each.reason}` })),
    ],
  };
}

function memberBranch(member: MemberHealth, external: boolean): Branch {
  const { name, peerUrl, learner, host, well, reason, version, sizeBytes } = member;
  const known = external || host !== undefined;
  const facts = [
    version,
    sizeBytes === undefined ? '' : bytes(sizeBytes),
    learner ? 'learner' : '',
    known ? '' : 'of no host in the record',
    reason ?? '',
  ];
  return { text: `${sign(well && known)} ${name || peerUrl}  ${join(facts)}`.trimEnd() };
}

function hostBranch(host: HostStatus): Branch {
  const { name, role, reachable, reason, kubelet, containerd, node } = host;
  const title = `${name}  ${role.replace('-', ' ')}`;
  if (!reachable) return { text: `${sign(false)} ${title}  not reached: ${reason}` };
  const ready = node && (node.ready ? 'Ready' : 'not Ready');
  const facts = [
    ready,
    node && !node.schedulable ? 'cordoned' : '',
    kubelet,
    containerd && `containerd ${containerd}`,
  ];
  const well = host.components.every((each) => each.well) && node?.ready !== false;
  return { text: `${sign(well)} ${title}  ${join(facts)}`, branches: hostDetails(host) };
}

function hostDetails({ components, certificates, drift }: HostStatus): Branch[] {
  const told = components.map((each) => `${sign(each.well)} ${each.name}`).join('  ');
  const sick = components.filter(({ well }) => !well);
  const first = firstToEnd(certificates);
  return [
    { text: told, branches: sick.map((each) => ({ text: `${each.name}: ${each.reason}` })) },
    ...(first
      ? [
          {
            text: `certificates: ${certificates.length}, the first ends in ${count(first.days, 'day')}: ${first.path}`,
          },
        ]
      : []),
    ...(drift === undefined ? [] : [{ text: `drift: ${drift === 0 ? 'none' : count(drift, 'step')}` }]),
  ];
}

function sign(well: boolean): string {
  return well ? '✓' : '✗';
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function join(facts: readonly (string | undefined)[]): string {
  return facts.filter(Boolean).join(', ');
}
