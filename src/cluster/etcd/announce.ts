import { KubewrightError } from '../../base/errors.ts';
import type { NodeSpec } from '../spec/types.ts';
import type { EtcdClient, Member } from './client.ts';
import { labelOf, ownMember, peerUrlOf, sickMembers } from './members.ts';
import { memberHeld, removeLearner } from './orphan.ts';
import { type EtcdWait, persist } from './persist.ts';
import { removeMember } from './remove.ts';
import type { Seat } from './seat.ts';

/** What has to be done so that etcd expects this host. */
export type Announcement =
  | 'none'
  /** It is no member yet. */
  | 'add'
  /** It was started once and its data is gone: etcd must not meet it again under the same identity. */
  | 'replace';

/** `hasData`: etcd was started on this host before. Refuses what only a person can decide. */
export function announcement(members: readonly Member[], node: NodeSpec, hasData: boolean): Announcement {
  const own = ownMember(members, node);
  if (own) return own.name !== '' && !hasData ? 'replace' : 'none';
  if (!hasData) return 'add';
  throw new KubewrightError({
    code: 'EtcdDataOfAnother',
    message: `${node.name} has data of etcd, but is no member of this cluster's etcd: it was taken out while it was away, or the data is another cluster's.`,
    host: node.name,
    hint: `kubewright reset ${node.target ?? node.name} takes the old data away; then join it again.`,
    exit: 'foreignCluster',
  });
}

interface Announcing extends EtcdWait {
  seat: Seat;
  /** Told of what a run left that is over, when it was taken out. */
  onOrphan?(what: string): void;
}

/**
 * Makes the host a learner: it has no vote, so that a host which never starts takes no majority away. It is held first,
 * so that no other run takes it for one that nobody will start.
 */
export async function announce(
  etcd: EtcdClient,
  node: NodeSpec,
  what: 'add' | 'replace',
  wait: Announcing,
): Promise<void> {
  await takeSeat(etcd, node, wait);
  if (what === 'replace') {
    const former = ownMember(await etcd.members(), node);
    if (former) await removeMember(etcd, former.id, wait);
  }
  const refuseSick = sickness(wait);
  await persist(wait, async () => {
    const members = await etcd.members();
    if (ownMember(members, node)) return undefined;
    const sick = await refuseSick(etcd, members);
    if (sick) return sick;
    const learner = members.find((member) => member.learner);
    const busy = learner && (await makeRoom(etcd, learner, wait));
    if (busy) return busy;
    await etcd.addLearner(peerUrlOf(node));
    return undefined;
  });
}

/** From then on no other run takes the host's member out, as long as this one lives. */
export async function takeSeat(
  etcd: EtcdClient,
  node: NodeSpec,
  wait: EtcdWait & { seat: Seat },
): Promise<void> {
  await persist(wait, async () => {
    const peerUrl = peerUrlOf(node);
    const holder = await wait.seat.take(etcd, peerUrl);
    return holder === undefined
      ? undefined
      : memberHeld({ id: '', name: node.name, peerUrl, learner: true }, holder);
  });
}

/** One that was never started and that no run works on any more goes; any other learner is in the way. */
async function makeRoom(
  etcd: EtcdClient,
  learner: Member,
  wait: Announcing,
): Promise<KubewrightError | undefined> {
  if (learner.name !== '') return learnerPending(learner);
  const holder = await removeLearner(etcd, learner, wait.seat.owner, wait);
  if (holder !== undefined) return memberHeld(learner, holder);
  wait.onOrphan?.(
    `took the member at ${learner.peerUrl} out of etcd: it was never started, and the run that added it is over`,
  );
  return undefined;
}

/** An election, or a member that has become a voter at this moment on a busy host, is over within this. */
const SICK_MS = 15_000;

/** Gives what is in the way while it may pass by itself; throws it when it has lasted. */
function sickness({ timeoutMs }: EtcdWait) {
  let since: number | undefined;
  return async (etcd: EtcdClient, members: readonly Member[]): Promise<KubewrightError | undefined> => {
    const sick = await sickMembers(etcd, members);
    if (sick.length === 0) {
      since = undefined;
      return undefined;
    }
    since ??= performance.now();
    const error = notWell(sick);
    if (performance.now() - since < Math.min(SICK_MS, timeoutMs / 2)) return error;
    throw error;
  };
}

function notWell(sick: readonly string[]): KubewrightError {
  return new KubewrightError({
    code: 'EtcdUnhealthy',
    message: `No member is added to etcd while another is not well: ${sick.join('; ')}.`,
    hint: 'Mend it, or kubewright reset it if it is not to come back: with one more member, more have to be alive.',
    exit: 'step',
  });
}

function learnerPending(learner: Member): KubewrightError {
  return new KubewrightError({
    code: 'EtcdLearnerPending',
    message: `Member ${labelOf(learner)} of etcd is a learner still, and there is room for one.`,
    hint: 'kubewright join HOST --control-plane finishes that host, kubewright node remove HOST takes it out, also where it is dead; then run this again.',
    exit: 'step',
  });
}
