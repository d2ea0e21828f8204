import { KubewrightError } from '../../base/errors.ts';
import type { NodeSpec } from '../spec/types.ts';
import type { EtcdClient } from './client.ts';
import { ownMember, sickMembers } from './members.ts';
import { type EtcdWait, persist } from './persist.ts';

/** Promotes the learner as soon as etcd finds it in sync, and ends when every member that votes is well. */
export async function promote(etcd: EtcdClient, node: NodeSpec, wait: EtcdWait): Promise<void> {
  await persist(wait, async () => {
    const own = ownMember(await etcd.members(), node);
    if (!own) throw failed('EtcdMemberGone', `${node.name} is not a member of etcd any more.`);
    if (own.learner && own.name === '') {
      return failed('EtcdNotStarted', `etcd on ${node.name} has not joined the others yet.`);
    }
    if (own.learner) await etcd.promote(own.id);
    const sick = await sickMembers(etcd, await etcd.members());
    if (sick.length === 0) return undefined;
    return failed('EtcdUnhealthy', `Not every member of etcd is well: ${sick.join('; ')}.`);
  });
}

function failed(code: string, message: string): KubewrightError {
  return new KubewrightError({
    code,
    message,
    hint: 'The same command again takes up here. On the host: journalctl -u kubelet; ls /var/log/pods.',
    exit: 'timeout',
  });
}
