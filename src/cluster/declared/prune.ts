import { KubewrightError } from '../../base/errors.ts';
import { EXIT } from '../../base/exit-codes.ts';
import type { HostPlan } from '../../engine/plan.ts';
import { Timeline } from '../../engine/timeline.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { ApiClient } from '../../kube/port.ts';
import { openNode } from '../open-node.ts';
import type { ClusterPorts } from '../ports.ts';
import { type ClusterAccess, forgetHost, requireRecord } from '../record.ts';
import { spreadRoutes } from '../routes.ts';
import type { HostOutcome } from '../run-cluster.ts';
import type { HostFailure } from '../run-join.ts';
import { reset } from '../run-reset.ts';
import { durationMs } from '../spec/duration.ts';
import type { NodeRole, NodeSpec } from '../spec/types.ts';
import { isUnreachable } from '../steps/objects.ts';
import { cordon, evictAll, evictablePods } from './drain.ts';

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

/** A control plane is a member of etcd as well: that it leaves has to be told there first. */
export function refuseControlPlanes(gone: readonly NodeSpec[]): void {
  const members = gone.filter(({ role }) => role === 'control-plane').map(({ name }) => name);
  if (members.length === 0) return;
  throw new KubewrightError({
    code: 'ControlPlaneNotRemovable',
    message: `--prune-hosts removes workers; ${members.join(', ')} is a control plane. Nothing was changed.`,
    hint: `Leave it in the file, or take it away by itself: kubewright reset ${members[0]}.`,
    exit: 'invalidInput',
  });
}

/** Reads only. */
export async function planPrune(
  ports: ClusterPorts,
  gone: readonly NodeSpec[],
  access: ClusterAccess | undefined,
): Promise<PrunePlan[]> {
  const plans: PrunePlan[] = [];
  for (const node of gone) {
    const { name, role } = node;
    const summary = [`cordon node ${name}`, ...(await evictions(access, name)), `delete node ${name}`];
    const host = await reachable(ports, node);
    if (!host) plans.push({ node: name, role, summary: [...summary, NOT_CLEANED] });
    else {
      const asked = { target: host.name, node: name, onlyOf: { ca: access?.ca }, api: async () => undefined };
      const { plan } = await reset(ports, { ...asked, dryRun: true });
      plans.push({ node: name, role, summary, ...(plan ? { plan } : {}) });
    }
  }
  return plans;
}

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
  { waitMs }: { waitMs?: number | undefined },
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
      done.push({ outcome: { ...outcome, ...(await pruneOne(ports, node, access, waitMs)) } });
    } catch (error) {
      ports.signal.throwIfAborted();
      done.push({ outcome, failure: { target: node.target ?? node.name, error } });
    }
  }
  if (done.some(({ failure }) => !failure)) await settle(ports, access.api);
  return done;
}

async function settle(ports: ClusterPorts, api: ApiClient): Promise<void> {
  const spec = await requireRecord(api);
  if (spec.networking.cni === 'bridge') await spreadRoutes(ports, spec, api, new Timeline());
}

async function pruneOne(
  ports: ClusterPorts,
  node: NodeSpec,
  { api, ca }: ClusterAccess,
  waitMs: number | undefined,
): Promise<Partial<HostOutcome>> {
  const { name } = node;
  const host = await reachable(ports, node);
  await cordon(api, name);
  // Pods of a dead host cannot end: they go with their Node.
  if (!host) {
    await deleteNode(api, name);
    await forgetHost(api, name);
    const text = `${name} is out of the cluster, but could not be reached: it was not cleaned`;
    ports.reporter.emit({ type: 'message', level: 'warning', host: name, text });
    return { note: 'the host was not reached: it was not cleaned' };
  }
  await evictAll(
    ports,
    api,
    name,
    waitMs ?? durationMs((await requireRecord(api)).timeouts.kubeletHealthCheck),
  );
  const asked = { target: host.name, node: name, onlyOf: { ca }, api: async () => api };
  const { result } = await reset(ports, { ...asked, dryRun: false });
  // reset tells the cluster only where the host still knew which one it was of.
  await deleteNode(api, name);
  await forgetHost(api, name);
  return { changed: result?.changed ?? 0, unchanged: result?.unchanged ?? 0 };
}

async function deleteNode(api: ApiClient, name: string): Promise<void> {
  try {
    await api.request({ method: 'DELETE', path: `/api/v1/nodes/${encodeURIComponent(name)}` });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** undefined for a host that does not answer; one that refuses us is there and is no dead one. */
async function reachable(ports: ClusterPorts, node: NodeSpec) {
  try {
    return (await openNode(ports, node)).host;
  } catch (error) {
    const dead = [EXIT.hostUnreachable, EXIT.connectionLost] as number[];
    if (error instanceof KubewrightError && dead.includes(error.exit)) return undefined;
    throw error;
  }
}
