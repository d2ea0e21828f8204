import { KubewrightError } from '../../base/errors.ts';
import type { Facts, Host } from '../../host/port.ts';
import { planPrune } from '../declared/prune.ts';
import { sharedHosts } from '../declared/shared-hosts.ts';
import { lockedAccess } from '../locking/locked-access.ts';
import { withRun } from '../locking/with-run.ts';
import { advertiseAddress } from '../node-facts.ts';
import { membershipOf, otherCluster } from '../ownership.ts';
import type { ClusterPorts } from '../ports.ts';
import type { ClusterAccess } from '../record.ts';
import type { JoinTarget } from '../run-join.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { recordedNode } from './find.ts';
import { refuseLast, refuseLoss } from './majority.ts';
import {
  checkRejoin,
  type NodeChange,
  type NodeChangePlan,
  type NodeChangeRequest,
  rejoin,
} from './node-change.ts';
import { standingAccess } from './standing-access.ts';
import { takeOut } from './take-out.ts';

export interface ReplaceRequest extends NodeChangeRequest {
  /** The new host; by default what answers where the old one did. */
  target?: string | undefined;
}

/**
 * A host that is dead, or was made anew, makes way for a new one of the same name and role: its member leaves etcd, its
 * Node is deleted, the new host joins. A run that ended before its end is taken up: the new host bears the cluster's mark.
 */
export function replaceNode(given: ClusterPorts, request: ReplaceRequest): Promise<NodeChange> {
  return withRun(given, 'node replace', (locked) => replaceLocked(locked, request));
}

async function replaceLocked(ports: ClusterPorts, request: ReplaceRequest): Promise<NodeChange> {
  const { node, access, fresh, begun, spec } = await replacement(ports, request);
  const checked = begun ? ports : await checkRejoin(ports, spec, fresh, access, request);
  const left: { note?: string } = begun ? {} : await takeOut(ports, node, access, request);
  const { note } = left;
  return { ...(await rejoin(checked, fresh, access, request)), ...(note === undefined ? {} : { note }) };
}

/** How the old one would be taken out; none where a run before this one has done that. */
export async function planReplacement(given: ClusterPorts, request: ReplaceRequest): Promise<NodeChangePlan> {
  const ports = sharedHosts(given);
  const { node, access, fresh, begun, spec } = await replacement(ports, request);
  if (!begun) await refuseLoss(ports, [node], access, request.force ?? false);
  const removed = begun
    ? []
    : await planPrune(ports, [node], access, access.ca, spec.etcd.external !== undefined);
  return { removed, joins: `${fresh.target} joins as the ${node.role} ${node.name}` };
}

interface Replacement {
  node: NodeSpec;
  access: ClusterAccess;
  fresh: JoinTarget & { name: string };
  begun: boolean;
  spec: ClusterSpec;
}

/** Looks at the new host first: without one that can take the place, the old one stays. */
async function replacement(
  ports: ClusterPorts,
  { name, target, access: given }: ReplaceRequest,
): Promise<Replacement> {
  const { spec, access } = await lockedAccess(ports, given);
  const node = recordedNode(spec, name);
  refuseLast(spec, [node]);
  const host = await ports.openHost(target ?? node.target ?? node.address);
  const [facts] = await host.inspect([{ kind: 'facts' }]);
  refuseInUse(spec, node, host, facts);
  const member = await membershipOf(host, access);
  if (member === false) throw otherCluster(host);
  return {
    node,
    access: await standingAccess(ports, spec, [node], access),
    fresh: inPlaceOf(node, host, facts),
    begun: member === true,
    spec,
  };
}

/** With the addresses that the new host has; all else is as it was. */
function inPlaceOf(node: NodeSpec, host: Host, facts: Facts): Replacement['fresh'] {
  const has = (address: string) => facts.addresses.some((own) => own.address === address);
  const { nodeAddress, ...same } = node;
  const address = has(node.address) ? node.address : advertiseAddress(host, facts);
  const kept = nodeAddress?.split(',').every(has) ? { nodeAddress } : {};
  return { ...same, ...kept, address, target: host.name };
}

function refuseInUse(spec: ClusterSpec, node: NodeSpec, host: Host, facts: Facts): void {
  const other = spec.hosts.find(
    ({ name, address }) => name !== node.name && facts.addresses.some((own) => own.address === address),
  );
  if (!other) return;
  throw new KubewrightError({
    code: 'HostInUse',
    message: `${host.name} is the node ${other.name} of ${spec.name} already; nothing was changed.`,
    host: host.name,
    hint: `Name a host that is in no cluster, or free it first: kubewright node remove ${other.name}.`,
    exit: 'invalidInput',
  });
}
