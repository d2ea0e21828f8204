import { mapLimit } from '../../base/concurrency.ts';
import type { HostPlan } from '../../engine/plan.ts';
import { settleWithout } from '../nodes/settle.ts';
import { kubeletRuns, NOT_DRAINED, reachable, type TakeOutOptions, takeOut } from '../nodes/take-out.ts';
import type { ClusterPorts } from '../ports.ts';
import { type ClusterAccess, forgetHost } from '../record.ts';
import type { HostOutcome } from '../run-cluster.ts';
import type { HostFailure } from '../run-join.ts';
import { reset } from '../run-reset.ts';
import type { NodeRole, NodeSpec } from '../spec/types.ts';
import { isUnreachable } from '../steps/objects.ts';
import { evictablePods } from './drain.ts';

/** What the removal of one host would do. */
export interface PrunePlan {
  node: string;
  role: NodeRole;
  summary: string[];
  /** Of what reset does on the host; none where it cannot be reached. */
  plan?: HostPlan;
}

export interface Pruned {
  outcome: HostOutcome;
  failure?: HostFailure;
}

/** Reads only. */
export async function planPrune(
  ports: ClusterPorts,
  gone: readonly NodeSpec[],
  access: ClusterAccess | undefined,
  /** PEM, where the cluster itself cannot be asked. */
  ca = access?.ca,
  externalEtcd = false,
): Promise<PrunePlan[]> {
  return mapLimit(gone, width, async (node): Promise<PrunePlan> => {
    const { name, role } = node;
    const member = role === 'control-plane' && !externalEtcd ? [`take ${name} out of etcd`] : [];
    const host = await reachable(ports, node);
    const evicted = host && !(await kubeletRuns(host)) ? [NOT_DRAINED] : await evictions(access, name);
    const summary = [`cordon node ${name}`, ...evicted, ...member, `delete node ${name}`];
    if (!host) return { node: name, role, summary: [...summary, NOT_CLEANED] };
    const asked = { target: host.name, node: name, onlyOf: { ca }, api: async () => undefined };
    const { plan, note } = await reset(ports, { ...asked, dryRun: true });
    return {
      node: name,
      role,
      summary: [...summary, ...(note ? [`its host: ${note}`] : [])],
      ...(plan ? { plan } : {}),
    };
  });
}

const width = 30;

const NOT_CLEANED = 'the host cannot be reached: it will not be cleaned';

async function evictions(access: ClusterAccess | undefined, node: string): Promise<string[]> {
  try {
    if (!access) return ['evict its pods'];
    const pods = await evictablePods(access.api, node);
    return pods.map(({ metadata }) => `evict pod ${metadata.namespace}/${metadata.name}`);
  } catch (error) {
    if (isUnreachable(error)) return ['evict its pods'];
    throw error;
  }
}

/** One at a time: what one node's pods need has to be found on the others. A failure leaves the rest to go on. */
export async function pruneHosts(
  ports: ClusterPorts,
  gone: readonly NodeSpec[],
  access: ClusterAccess,
  options: TakeOutOptions,
): Promise<Pruned[]> {
  const done: Pruned[] = [];
  for (const node of gone) {
    const outcome: HostOutcome = {
      node: node.name,
      role: node.role,
      state: 'removed',
      changed: 0,
      unchanged: 0,
    };
    try {
      done.push({ outcome: { ...outcome, ...(await takeOut(ports, node, access, options)) } });
    } catch (error) {
      done.push({ outcome, failure: failureOf(ports, node, error) });
    }
  }
  const left = done.filter(({ failure }) => !failure);
  if (left.length > 0)
    await settleWithout(
      ports,
      access.api,
      gone.filter((node) => left.some(({ outcome }) => outcome.node === node.name)),
    );
  // Last: a run that ends before that finds them in the record again.
  for (const pruned of left) {
    try {
      await forgetHost(access.api, pruned.outcome.node);
    } catch (error) {
      pruned.failure = failureOf(ports, gone.find(({ name }) => name === pruned.outcome.node)!, error);
    }
  }
  return done;
}

function failureOf({ signal }: ClusterPorts, node: NodeSpec, error: unknown): HostFailure {
  signal.throwIfAborted();
  return { target: node.target ?? node.name, error };
}
