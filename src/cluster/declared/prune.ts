import { KubewrightError } from '../../base/errors.ts';
import { EXIT } from '../../base/exit-codes.ts';
import type { HostPlan } from '../../engine/plan.ts';
import { Timeline } from '../../engine/timeline.ts';
import type { Host } from '../../host/port.ts';
import type { ApiClient } from '../../kube/port.ts';
import { spreadBalancers } from '../balancers.ts';
import { deleteNode } from '../delete-node.ts';
import { peerUrlOf } from '../etcd/members.ts';
import { removeMember } from '../etcd/remove.ts';
import { openNode } from '../open-node.ts';
import { tellControlPlanes } from '../other-control-planes.ts';
import { findPeer } from '../peer.ts';
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

/** Reads only. */
export async function planPrune(
  ports: ClusterPorts,
  gone: readonly NodeSpec[],
  access: ClusterAccess | undefined,
  /** PEM, where the cluster itself cannot be asked. */
  ca = access?.ca,
): Promise<PrunePlan[]> {
  const plans: PrunePlan[] = [];
  for (const node of gone) {
    const { name, role } = node;
    const member = role === 'control-plane' ? [`take ${name} out of etcd`] : [];
    const host = await reachable(ports, node);
    const evicted = host && !(await kubeletRuns(host)) ? [NOT_DRAINED] : await evictions(access, name);
    const summary = [`cordon node ${name}`, ...evicted, ...member, `delete node ${name}`];
    if (!host) plans.push({ node: name, role, summary: [...summary, NOT_CLEANED] });
    else {
      const asked = { target: host.name, node: name, onlyOf: { ca }, api: async () => undefined };
      const { plan, note } = await reset(ports, { ...asked, dryRun: true });
      plans.push({
        node: name,
        role,
        summary: [...summary, ...(note ? [`its host: ${note}`] : [])],
        ...(plan ? { plan } : {}),
      });
    }
  }
  return plans;
}

const NOT_DRAINED = 'its kubelet does not run: its pods go with its node';
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
  const left = done.filter(({ failure }) => !failure).map(({ outcome }) => outcome.role);
  if (left.length > 0) await settle(ports, access.api, left.includes('control-plane'));
  return done;
}

async function settle(ports: ClusterPorts, api: ApiClient, fewer: boolean): Promise<void> {
  const spec = await requireRecord(api);
  const timeline = new Timeline();
  if (spec.networking.cni === 'bridge') await spreadRoutes(ports, spec, api, timeline);
  if (fewer) await Promise.all([tellControlPlanes(ports, spec, []), spreadBalancers(ports, spec, timeline)]);
}

async function pruneOne(
  ports: ClusterPorts,
  node: NodeSpec,
  access: ClusterAccess,
  waitMs: number | undefined,
): Promise<Partial<HostOutcome>> {
  const { api, ca } = access;
  const { name } = node;
  const host = await reachable(ports, node);
  const registered = await cordon(api, name);
  const leave = async () => {
    if (node.role === 'control-plane') await leaveEtcd(ports, node, access);
    await deleteNode(api, name);
  };
  // Pods of a dead host cannot end: they go with their Node.
  if (!host) {
    await leave();
    await forgetHost(api, name);
    const text = `${name} is out of the cluster, but could not be reached: it was not cleaned`;
    ports.reporter.emit({ type: 'message', level: 'warning', host: name, text });
    return { note: 'the host was not reached: it was not cleaned' };
  }
  if (registered) await drain(ports, api, { host, name, waitMs });
  const asked = { target: host.name, node: name, onlyOf: { ca }, api: async () => undefined };
  const { result, note } = await reset(ports, { ...asked, etcd: 'skip', leave, dryRun: false });
  // Last: a run that ends before that finds it in the record again.
  await forgetHost(api, name);
  const { changed = 0, unchanged = 0 } = result ?? {};
  return { changed, unchanged, ...(note ? { note } : {}) };
}

async function drain(
  ports: ClusterPorts,
  api: ApiClient,
  { host, name, waitMs }: { host: Host; name: string; waitMs: number | undefined },
): Promise<void> {
  if (await kubeletRuns(host)) {
    const { timeouts } = await requireRecord(api);
    await evictAll(ports, api, name, waitMs ?? durationMs(timeouts.kubeletHealthCheck));
    return;
  }
  const text = `${name} is not drained: ${NOT_DRAINED}`;
  ports.reporter.emit({ type: 'message', level: 'warning', host: name, text });
}

/** Without it no pod of the host ever ends. */
async function kubeletRuns(host: Host): Promise<boolean> {
  const [conf, unit] = await host.inspect([
    { kind: 'file', path: '/etc/kubernetes/kubelet.conf' },
    { kind: 'unit', name: 'kubelet.service' },
  ]);
  return conf.type !== 'absent' && ['active', 'activating', 'reloading'].includes(unit.active);
}

/** Of a control plane that is dead or bare, through one that lives: its member would go on counting for the majority. */
async function leaveEtcd(ports: ClusterPorts, node: NodeSpec, access: ClusterAccess): Promise<void> {
  const spec = await requireRecord(access.api);
  const hosts = spec.hosts.filter((host) => host.name !== node.name);
  const { etcd } = await findPeer(ports, { ...spec, hosts }, access, []);
  const members = await etcd.members();
  // One that was never started has no name yet.
  const member = members.find(({ name, peerUrl }) => name === node.name || peerUrl === peerUrlOf(node));
  const timeoutMs = durationMs(spec.timeouts.etcdAPICall);
  if (member) await removeMember(etcd, member.id, { timeoutMs, signal: ports.signal });
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
