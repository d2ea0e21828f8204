import type { Member } from '../etcd/client.ts';
import { peerUrlOf } from '../etcd/members.ts';
import type { NodeSpec } from '../spec/types.ts';

/** By its name, or by its address: one that was never started has no name yet. */
export function isMemberOf(node: NodeSpec): (member: Member) => boolean {
  return ({ name, peerUrl }) => name === node.name || peerUrl === peerUrlOf(node);
}
