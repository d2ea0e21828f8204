import { KubewrightError } from '../../base/errors.ts';
import type { HostPlan } from '../../engine/plan.ts';
import { targetsOf, withRun } from '../locking/with-run.ts';
import { mapHosts } from '../map-hosts.ts';
import { isSameCa } from '../pki/hash.ts';
import type { ClusterPorts } from '../ports.ts';
import { fetchRecord } from '../record.ts';
import type { HostOutcome } from '../run-cluster.ts';
import type { HostFailure } from '../run-join.ts';
import { reset } from '../run-reset.ts';
import { endpointUrl } from '../spec/node.ts';
import { resolveSpec } from '../spec/resolve.ts';
import type { ClusterSpecInput, NodeRole, NodeSpec } from '../spec/types.ts';
import { isUnreachable } from '../steps/objects.ts';
import { type ControlPlaneTraces, inspectControlPlane } from '../via.ts';
import { declaredHosts } from './hosts.ts';

/** Everything that a cluster is made of, in the order in which it is taken away. */
export interface Members {
  cluster: string;
  hosts: { name: string; role: NodeRole; target: string }[];
  /** PEM of its CA, from a control plane that still has it. */
  ca?: string;
  /** The URL that its kubelets know it by. */
  server: string;
  /** Its data is in an etcd outside, and stays there. */
  externalEtcd?: boolean;
}

export interface DeleteResult {
  cluster: string;
  hosts: HostOutcome[];
  plans: HostPlan[];
  failures: HostFailure[];
  /** PEM of CAs that hosts had; tells whose contexts are of no more use. */
  cas: string[];
}

/**
 * The hosts of the file, and those that the cluster has recorded beside them: workers first, the control plane that
 * tells of the cluster last. An API server is of help, but not needed. Refuses where a control plane belongs to a
 * cluster of another name, or to another cluster of this name.
 */
export async function findMembers(ports: ClusterPorts, spec: ClusterSpecInput): Promise<Members> {
  const { controlPlanes, workers } = declaredHosts(spec);
  const wanted = resolveSpec(spec);
  const found = await mapHosts(controlPlanes, async (host) => ({
    host,
    ...(await inspectControlPlane(ports, host.target).catch((error) => silence(ports, host.target, error))),
  }));
  const told = found.filter(({ recorded }) => recorded);
  const other = told.find(({ recorded }) => recorded!.name !== wanted.name);
  if (other) throw otherCluster(other.host.target, other.recorded!.name, wanted.name);
  const known = told.filter(({ ca }) => ca !== undefined);
  const stranger = known.find(({ ca }) => !isSameCa(ca, known[0]!.ca));
  if (stranger) throw twoClusters(known[0]!.host.target, stranger.host.target);
  const recorded = await recordedHosts(told);
  const declared = [...workers, ...controlPlanes];
  const further = recorded.filter((host) => !declared.some(({ name }) => name === host.name));
  const all = [...further, ...declared].map(({ name, role, target, address }) => {
    return { name, role, target: target ?? (address || name) };
  });
  const last = (told[0]?.host ?? controlPlanes[0]!).name;
  const rank = (host: Members['hosts'][number]) => (host.role === 'worker' ? 0 : host.name === last ? 2 : 1);
  const ca = told.find((each) => each.ca)?.ca;
  const { etcd } = told[0]?.recorded ?? wanted;
  return {
    cluster: wanted.name,
    hosts: all.toSorted((a, b) => rank(a) - rank(b)),
    ...(ca === undefined ? {} : { ca }),
    server: endpointUrl(told[0]?.recorded ?? wanted),
    ...(etcd.external ? { externalEtcd: true } : {}),
  };
}

/** Resets them: workers side by side, control planes one after the other. What fails leaves the rest to go on. */
export function deleteMembers(ports: ClusterPorts, members: Members, dryRun: boolean): Promise<DeleteResult> {
  if (dryRun) return resetMembers(ports, members, true);
  return withRun(ports, 'delete', async (locked) => {
    const controlPlanes = members.hosts.filter(({ role }) => role === 'control-plane');
    await locked.run.cluster(targetsOf(locked, controlPlanes));
    return resetMembers(locked, members, false);
  });
}

async function resetMembers(
  ports: ClusterPorts,
  { cluster, hosts, ca, server }: Members,
  dryRun: boolean,
): Promise<DeleteResult> {
  const result: DeleteResult = { cluster, hosts: [], plans: [], failures: [], cas: [] };
  const one = async ({ name, role, target }: Members['hosts'][number]) => {
    const outcome: HostOutcome = { node: name, role, state: 'removed', changed: 0, unchanged: 0 };
    try {
      // Nobody is told that a node leaves: what could be told goes as well.
      const asked = { target, node: name, onlyOf: { ca, server }, api: async () => undefined };
      const done = await reset(ports, { ...asked, etcd: 'skip', dryRun });
      if (done.plan) result.plans.push(done.plan);
      if (done.ca) result.cas.push(done.ca);
      const note = done.note ? { note: done.note } : {};
      result.hosts.push({ ...outcome, changed: done.result?.changed ?? 0, ...note });
    } catch (error) {
      ports.signal.throwIfAborted();
      result.failures.push({ target, error });
      result.hosts.push({ ...outcome, state: 'failed' });
    }
  };
  await mapHosts(
    hosts.filter(({ role }) => role === 'worker'),
    one,
  );
  for (const host of hosts) if (host.role === 'control-plane') await one(host);
  return result;
}

/** A control plane that does not answer is told as failed when its turn comes. */
function silence(ports: ClusterPorts, target: string, error: unknown): ControlPlaneTraces {
  ports.signal.throwIfAborted();
  if (!(error instanceof KubewrightError)) throw error;
  const text = `${target} tells nothing of the cluster: ${error.message}`;
  ports.reporter.emit({ type: 'message', level: 'warning', host: target, text });
  return {};
}

async function recordedHosts(told: readonly ControlPlaneTraces[]): Promise<NodeSpec[]> {
  const hosts = new Map(told.flatMap(({ recorded }) => recorded!.hosts).map((host) => [host.name, host]));
  const access = told.find((each) => each.access)?.access;
  try {
    const live = access && (await fetchRecord(access.api));
    for (const host of live?.hosts ?? []) hosts.set(host.name, host);
  } catch (error) {
    if (!isUnreachable(error)) throw error;
  }
  return [...hosts.values()];
}

/** Two clusters may have one name: each host that only the stranger has recorded would be reset with it. */
function twoClusters(one: string, other: string): KubewrightError {
  return new KubewrightError({
    code: 'ForeignCluster',
    message: `${one} and ${other} are control planes of different clusters of the same name; nothing was changed.`,
    host: other,
    hint: 'Take the host that does not belong to it out of the file, and look at its target and its address.',
    exit: 'foreignCluster',
  });
}

function otherCluster(target: string, found: string, wanted: string): KubewrightError {
  return new KubewrightError({
    code: 'ForeignCluster',
    message: `${target} is a control plane of the cluster "${found}", not of "${wanted}"; nothing was changed.`,
    host: target,
    hint: 'Is it the right file? Correct its metadata.name or its hosts.',
    exit: 'foreignCluster',
  });
}
