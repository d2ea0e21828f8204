import { KubewrightError } from '../../base/errors.ts';
import type { EtcdClient, Member } from './client.ts';
import { labelOf } from './members.ts';
import type { EtcdWait } from './persist.ts';
import { removeMember } from './remove.ts';
import { Seat } from './seat.ts';

/**
 * Takes out a learner that no run works on any more, holding it meanwhile. Returns who holds it where one does: then it
 * is left alone.
 */
export async function removeLearner(
  etcd: EtcdClient,
  learner: Member,
  owner: string,
  wait: EtcdWait,
): Promise<string | undefined> {
  const seat = new Seat(owner);
  const holder = await seat.take(etcd, learner.peerUrl);
  if (holder !== undefined) return holder;
  try {
    await removeMember(etcd, learner.id, wait);
    return undefined;
  } finally {
    await seat.release();
  }
}

export function memberHeld(member: Member, holder: string): KubewrightError {
  return new KubewrightError({
    code: 'EtcdMemberHeld',
    message: `Another run works on member ${labelOf(member)} of etcd: ${holder}.`,
    hint: 'Wait for it. If it is gone, its hold ends by itself within a minute; then the same command again.',
    exit: 'locked',
  });
}
