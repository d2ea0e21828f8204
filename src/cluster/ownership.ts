import { KubewrightError } from '../base/errors.ts';
import type { Answer, FileState, Host, JournalEntry, Query, UnitState } from '../host/port.ts';
import { isSameCa } from './pki/hash.ts';
import { readKubeconfig } from './pki/kubeconfig.ts';
import { certPath } from './pki/table.ts';

/** Known by its CA (PEM), or where no control plane has that any more, by the URL in its kubelets' configuration. */
export interface ClusterIdentity {
  ca?: string | undefined;
  server?: string;
}

/** What tells whose a host is. */
export interface Marks {
  ca: Buffer | undefined;
  /** kubelet.conf */
  kubelet: Buffer | undefined;
  journal: readonly JournalEntry[];
  /** Files that only kubewright writes, as far as they are there. */
  signs: readonly string[];
  /** The answers to `strangerQueries`. */
  strangers: readonly Answer[];
}

/**
 * `nobody`: we never were there, or all was taken back; what is there of others, such as docker or another Kubernetes
 * distribution, is named.
 */
export type Ownership = { whose: 'ours' | 'other cluster' } | { whose: 'nobody'; found: string[] };

const PATHS = [
  ...['/etc/kubernetes', '/var/lib/kubelet', '/var/lib/docker', '/var/lib/containers'],
  ...['/var/lib/rancher', '/var/lib/k0s', '/var/snap/microk8s'],
];
const UNITS = ['kubelet.service', 'containerd.service', 'docker.service', 'crio.service'];

export const strangerQueries: readonly Query[] = [
  ...PATHS.map((path) => ({ kind: 'file', path }) as const),
  ...UNITS.map((name) => ({ kind: 'unit', name }) as const),
];

/**
 * An address may be another machine's by now: a host is this cluster's where it has the cluster's CA, or where it has
 * what kubewright leaves behind and nothing says that it is another cluster's.
 */
export function ownership(identity: ClusterIdentity, marks: Marks): Ownership {
  const same = isMember(identity, marks);
  if (same !== undefined) return { whose: same ? 'ours' : 'other cluster' };
  if (marks.journal.length > 0 || marks.signs.length > 0) return { whose: 'ours' };
  return { whose: 'nobody', found: strangersIn(marks.strangers) };
}

/** Whether a host bears the mark of this cluster, or of another one; undefined where nothing on it tells. */
export async function membershipOf(host: Host, identity: ClusterIdentity): Promise<boolean | undefined> {
  const [ca, kubelet] = await host.inspect([
    { kind: 'file', path: certPath('ca'), content: true },
    { kind: 'file', path: '/etc/kubernetes/kubelet.conf', content: true },
  ]);
  return isMember(identity, { ca: ca.content, kubelet: kubelet.content });
}

/** undefined where nothing on the host tells. */
function isMember(
  { ca, server }: ClusterIdentity,
  marks: Pick<Marks, 'ca' | 'kubelet'>,
): boolean | undefined {
  if (ca !== undefined && marks.ca) return isSameCa(marks.ca.toString('utf8'), ca);
  const kubelet = marks.kubelet && readKubeconfig(marks.kubelet);
  if (!kubelet) return undefined;
  if (ca !== undefined) return isSameCa(kubelet.ca, ca);
  return server === undefined ? undefined : kubelet.server === server;
}

function strangersIn(answers: readonly Answer[]): string[] {
  const paths = PATHS.filter((_, index) => (answers[index] as FileState).type !== 'absent');
  const units = UNITS.filter((_, index) => (answers[PATHS.length + index] as UnitState).active !== 'unknown');
  return [...paths, ...units];
}

export function otherCluster(host: Host): KubewrightError {
  return new KubewrightError({
    code: 'ForeignCluster',
    message: `${host.name} belongs to another cluster; nothing was changed there.`,
    host: host.name,
    hint: `Is it the right host? kubewright reset ${host.name} takes it out of that cluster.`,
    exit: 'foreignCluster',
  });
}

/** For people, of a host that is nobody's; undefined where it is simply empty. */
export function leftAlone(found: readonly string[]): string | undefined {
  return found.length === 0
    ? undefined
    : `nothing of kubewright's is there, but ${found.join(', ')}: it was left alone`;
}
