import { KubewrightError } from '../../base/errors.ts';
import type { NodeSpec } from '../spec/types.ts';
import type { EtcdClient, Member } from './client.ts';
import { labelOf, ownMember, peerUrlOf, sickMembers } from './members.ts';
import { type EtcdWait, persist } from './persist.ts';
import { removeMember } from './remove.ts';

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
    message: `${node.name} has data of etcd, but is no member of this cluster's etcd.`,
    host: node.name,
    hint: `kubewright reset ${node.target ?? node.name} takes the old data away; then join it again.`,
    exit: 'foreignCluster',
  });
}

/** Makes the host a learner: it has no vote, so that a host which never starts takes no majority away. */
export async function announce(
  etcd: EtcdClient,
  node: NodeSpec,
  what: 'add' | 'replace',
  wait: EtcdWait,
): Promise<void> {
  if (what === 'replace') {
    const former = ownMember(await etcd.members(), node);
    if (former) await removeMember(etcd, former.id, wait);
  }
  await persist(wait, async () => {
    const members = await etcd.members();
    if (ownMember(members, node)) return undefined;
    await refuseSick(etcd, members);
    const learner = members.find((member) => member.learner);
    // Another run may be about to promote it.
    if (learner) return learnerPending(learner);
    await etcd.addLearner(peerUrlOf(node));
    return undefined;
  });
}

async function refuseSick(etcd: EtcdClient, members: readonly Member[]): Promise<void> {
  const sick = await sickMembers(etcd, members);
  if (sick.length === 0) return;
  throw new KubewrightError({
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
    hint: 'kubewright join HOST --control-plane finishes that host, kubewright reset HOST takes it out; then run this again.',
    exit: 'step',
  });
}
