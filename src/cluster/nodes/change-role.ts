import { planPrune } from '../declared/prune.ts';
import { sharedHosts } from '../declared/shared-hosts.ts';
import { lockedAccess } from '../locking/locked-access.ts';
import { withRun } from '../locking/with-run.ts';
import { openNode } from '../open-node.ts';
import type { ClusterPorts } from '../ports.ts';
import { type ClusterAccess, recordHosts } from '../record.ts';
import type { ClusterSpec, NodeRole, NodeSpec } from '../spec/types.ts';
import { recordedNode } from './find.ts';
import { inRole } from './kept-marks.ts';
import { refuseLast, refuseLoss } from './majority.ts';
import {
  checkRejoin,
  type NodeChange,
  type NodeChangePlan,
  type NodeChangeRequest,
  rejoin,
} from './node-change.ts';
import { settleWithout } from './settle.ts';
import { standingAccess } from './standing-access.ts';
import { takeOut } from './take-out.ts';

export interface RoleRequest extends NodeChangeRequest {
  /** The one that it is to have. */
  role: NodeRole;
}

/**
 * The host leaves the cluster in its old role and joins it in the new one, under its name and with the labels and taints
 * of its own. The record says where a run that ended in between goes on: it has the old role until the host has left it.
 */
export function changeRole(given: ClusterPorts, request: RoleRequest): Promise<NodeChange> {
  const verb = request.role === 'worker' ? 'demote' : 'promote';
  return withRun(given, `node ${verb}`, (locked) => changeLocked(locked, request));
}

async function changeLocked(ports: ClusterPorts, request: RoleRequest): Promise<NodeChange> {
  const { role } = request;
  const { node, target, access, spec } = await roleChange(ports, request);
  const fresh = { name: node.name, role, target };
  let checked = ports;
  if (node.role !== role) {
    checked = await checkRejoin(ports, spec, { ...fresh, address: node.address }, access, request);
    const after = await inRole(access.api, node, role);
    // With the Node go its labels: from here on the record has them.
    await recordHosts(access.api, [{ ...after, role: node.role }]);
    await takeOut(ports, node, access, request);
    await settleWithout(ports, access.api, [node]);
    await recordHosts(access.api, [after]);
  }
  return rejoin(checked, fresh, access, request);
}

/** How it would leave its old role; nothing where it has done that. */
export async function planRole(given: ClusterPorts, request: RoleRequest): Promise<NodeChangePlan> {
  const ports = sharedHosts(given);
  const { node, target, access, spec } = await roleChange(ports, request);
  const leaves = node.role !== request.role;
  if (leaves) await refuseLoss(ports, [node], access, request.force ?? false);
  const removed = leaves
    ? await planPrune(ports, [node], access, access.ca, spec.etcd.external !== undefined)
    : [];
  return { removed, joins: `${target} joins as the ${request.role} ${node.name}` };
}

interface RoleChange {
  node: NodeSpec;
  target: string;
  access: ClusterAccess;
  spec: ClusterSpec;
}

async function roleChange(ports: ClusterPorts, request: RoleRequest): Promise<RoleChange> {
  const { name, role } = request;
  const { spec, access } = await lockedAccess(ports, request.access);
  const node = recordedNode(spec, name);
  if (role === 'worker') refuseLast(spec, [node]);
  // Before anything is changed: it has to answer.
  const { host } = await openNode(ports, node);
  const standing = await standingAccess(ports, spec, [node], access);
  return { node, target: host.name, access: standing, spec };
}
