import { KubewrightError } from '../../base/errors.ts';
import type { EtcdClient, Member } from '../etcd/client.ts';
import { sickMembers } from '../etcd/members.ts';
import { findPeer, type Peer } from '../peer.ts';
import type { ClusterPorts } from '../ports.ts';
import { type ClusterAccess, requireRecord } from '../record.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { isMemberOf } from './member-of.ts';

/** A control plane that stays: what leaves is never taken out through itself. */
export function otherPeer(
  ports: ClusterPorts,
  spec: ClusterSpec,
  gone: readonly NodeSpec[],
  { through, ...rest }: ClusterAccess,
): Promise<Peer> {
  const goes = ({ name }: NodeSpec) => gone.some((node) => node.name === name);
  const hosts = spec.hosts.filter((host) => !goes(host));
  return findPeer(
    ports,
    { ...spec, hosts },
    through && !goes(through.node) ? { ...rest, through } : rest,
    [],
  );
}

/**
 * Before control planes leave: of the members of etcd that stay, a majority has to be up. The last control plane never
 * leaves this way; with `force` anything else is only warned of.
 */
export async function refuseLoss(
  ports: ClusterPorts,
  nodes: readonly NodeSpec[],
  access: ClusterAccess,
  force: boolean,
): Promise<void> {
  const gone = nodes.filter(({ role }) => role === 'control-plane');
  if (gone.length === 0) return;
  const spec = await requireRecord(access.api);
  refuseLast(spec, gone);
  if (spec.etcd.external) return;
  const loss = await lossOf(ports, spec, gone, access).catch((error: unknown) => {
    if (force && error instanceof KubewrightError) return error;
    throw error;
  });
  if (loss && !force) throw loss;
  if (loss) ports.reporter.emit({ type: 'message', level: 'warning', text: loss.message });
}

/** What would be left of the cluster has to have an API server. */
export function refuseLast(spec: ClusterSpec, gone: readonly NodeSpec[]): void {
  const controlPlanes = spec.hosts.filter(({ role }) => role === 'control-plane');
  const last = gone.find(({ role }) => role === 'control-plane');
  if (!last || controlPlanes.some(({ name }) => !gone.some((node) => node.name === name))) return;
  const hosts = controlPlanes.map(({ name }) => name).join(', ');
  throw new KubewrightError({
    code: 'LastControlPlane',
    message: `Without ${hosts} the cluster ${spec.name} has no control plane${spec.etcd.external ? '' : ' and no data'} any more; nothing was changed.`,
    host: last.name,
    hint: `Another one first: kubewright join HOST --control-plane. To give the cluster up: kubewright reset on each of its hosts, ${last.name} last.`,
    exit: 'invalidInput',
  });
}

async function lossOf(
  ports: ClusterPorts,
  spec: ClusterSpec,
  gone: readonly NodeSpec[],
  access: ClusterAccess,
): Promise<KubewrightError | undefined> {
  const { etcd } = await otherPeer(ports, spec, gone, access);
  const voters = (await etcd.members()).filter(({ learner }) => !learner);
  const going = voters.filter((member) => gone.some((node) => isMemberOf(node)(member)));
  const staying = voters.filter((member) => !going.includes(member));
  // Who has no vote, or no member at all, takes none away.
  if (going.length === 0) return undefined;
  const sick = await troubles(etcd, staying);
  const needed = Math.floor(staying.length / 2) + 1;
  const well = staying.length - sick.length;
  if (well >= needed) return undefined;
  const names = gone.map(({ name }) => name).join(', ');
  return new KubewrightError({
    code: 'EtcdMajority',
    message: `Without ${names}, ${well} of ${staying.length} members of etcd would be up, and ${needed} are needed: the cluster would take no more changes. ${sick.join('; ')}.`,
    hint: `Bring back what is down, or take that out of the cluster first. With --force ${names} goes all the same, and the cluster stands still until enough of the others are back.`,
    exit: 'step',
  });
}

/** One line for each member that is not well. */
async function troubles(etcd: EtcdClient, members: readonly Member[]): Promise<string[]> {
  const found = await Promise.all(members.map((member) => sickMembers(etcd, [member])));
  return found.filter((lines) => lines.length > 0).map((lines) => lines.join(', '));
}
