import { KubewrightError } from '../../base/errors.ts';
import { EXIT } from '../../base/exit-codes.ts';
import type { Host } from '../../host/port.ts';
import type { ApiClient } from '../../kube/port.ts';
import { cordon, evictAll } from '../declared/drain.ts';
import { deleteNode } from '../delete-node.ts';
import { memberHeld, removeLearner } from '../etcd/orphan.ts';
import { removeMember } from '../etcd/remove.ts';
import { openNode } from '../open-node.ts';
import type { ClusterPorts } from '../ports.ts';
import { type ClusterAccess, requireRecord } from '../record.ts';
import type { HostOutcome } from '../run-cluster.ts';
import { runIdentity } from '../run-identity.ts';
import { reset } from '../run-reset.ts';
import { durationMs } from '../spec/duration.ts';
import type { NodeSpec } from '../spec/types.ts';
import { otherPeer, refuseLoss } from './majority.ts';
import { isMemberOf } from './member-of.ts';

export interface TakeOutOptions {
  waitMs?: number | undefined;
  /** Also where etcd loses its majority by it. */
  force?: boolean | undefined;
}

/**
 * Drained, out of etcd, Node deleted, host reset; a host that does not answer is not cleaned, and that is said. It
 * stays in the record: who calls takes it out of there last, so that a run that ends before that finds it again.
 */
export async function takeOut(
  ports: ClusterPorts,
  node: NodeSpec,
  access: ClusterAccess,
  { waitMs, force = false }: TakeOutOptions,
): Promise<Partial<HostOutcome>> {
  const { api, ca } = access;
  const { name } = node;
  const host = await reachable(ports, node);
  await refuseLoss(ports, [node], access, force);
  const registered = await cordon(api, name);
  const leave = async () => {
    if (node.role === 'control-plane') await leaveEtcd(ports, node, access, force);
    await deleteNode(api, name);
  };
  // Pods of a dead host cannot end: they go with their Node.
  if (!host) {
    await leave();
    const text = `${name} is out of the cluster, but could not be reached: it was not cleaned`;
    ports.reporter.emit({ type: 'message', level: 'warning', host: name, text });
    return { note: 'the host was not reached: it was not cleaned' };
  }
  if (registered) await drain(ports, api, { host, name, waitMs });
  const asked = { target: host.name, node: name, onlyOf: { ca }, api: async () => undefined };
  const { result, note } = await reset(ports, { ...asked, etcd: 'skip', leave, dryRun: false });
  const { changed = 0, unchanged = 0 } = result ?? {};
  return { changed, unchanged, ...(note ? { note } : {}) };
}

export const NOT_DRAINED = 'its kubelet does not run: its pods go with its node';

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
export async function kubeletRuns(host: Host): Promise<boolean> {
  const [conf, unit] = await host.inspect([
    { kind: 'file', path: '/etc/kubernetes/kubelet.conf' },
    { kind: 'unit', name: 'kubelet.service' },
  ]);
  return conf.type !== 'absent' && ['active', 'activating', 'reloading'].includes(unit.active);
}

/** Of a control plane that is dead or bare, through one that lives: its member would go on counting for the majority. */
async function leaveEtcd(
  ports: ClusterPorts,
  node: NodeSpec,
  access: ClusterAccess,
  force: boolean,
): Promise<void> {
  const spec = await requireRecord(access.api);
  if (spec.etcd.external) return;
  try {
    const { etcd } = await otherPeer(ports, spec, [node], access);
    const member = (await etcd.members()).find(isMemberOf(node));
    const timeoutMs = durationMs(spec.timeouts.etcdAPICall);
    const wait = { timeoutMs, signal: ports.signal };
    if (!member) return;
    if (!member.learner) return await removeMember(etcd, member.id, wait);
    const holder = await removeLearner(etcd, member, runIdentity(`node remove ${node.name}`), wait);
    if (holder !== undefined) throw memberHeld(member, holder);
  } catch (error) {
    if (!force || !(error instanceof KubewrightError)) throw error;
    const text = `${node.name} stays in the list of etcd's members: ${error.message}`;
    ports.reporter.emit({ type: 'message', level: 'warning', host: node.name, text });
  }
}

/** undefined for a host that does not answer; one that refuses us is there and is no dead one. */
export async function reachable(ports: ClusterPorts, node: NodeSpec): Promise<Host | undefined> {
  try {
    return (await openNode(ports, node)).host;
  } catch (error) {
    const dead = [EXIT.hostUnreachable, EXIT.connectionLost] as number[];
    if (error instanceof KubewrightError && dead.includes(error.exit)) return undefined;
    throw error;
  }
}
