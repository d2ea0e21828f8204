import type { EtcdClient } from './client.ts';
import { type EtcdWait, persist } from './persist.ts';

/**
 * Takes a member out; etcd itself refuses where that would cost the majority. Done when it is not listed any more,
 * however that came about. Through another member than the one that goes, which stops answering.
 */
export async function removeMember(etcd: EtcdClient, id: string, wait: EtcdWait): Promise<void> {
  await persist(wait, async () => {
    const members = await etcd.members();
    if (members.some((member) => member.id === id)) await etcd.remove(id);
    return undefined;
  });
}
