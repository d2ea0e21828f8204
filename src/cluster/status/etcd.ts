import { KubewrightError } from '../../base/errors.ts';
import type { EtcdClient, Member, MemberStatus } from '../etcd/client.ts';
import { peerUrlOf } from '../etcd/members.ts';
import type { NodeSpec } from '../spec/types.ts';
import type { EtcdStatus, MemberHealth } from './types.ts';

/** By the first of the ways in that has a list of members; each member is then asked itself. */
export async function etcdStatus(
  entries: readonly EtcdClient[],
  hosts: readonly NodeSpec[],
): Promise<EtcdStatus> {
  const reasons: string[] = [];
  for (const etcd of entries) {
    try {
      return await through(etcd, await etcd.members(), hosts);
    } catch (error) {
      if (!(error instanceof KubewrightError)) throw error;
      reasons.push(error.message);
    }
  }
  return { members: [], reason: reasons.join('; ') || 'no control plane was reached' };
}

/** As a member says it of itself. */
export function healthOf({ complaints, version, sizeBytes }: MemberStatus) {
  const reason = complaints.length > 0 ? { reason: complaints.join('; ') } : {};
  return { well: complaints.length === 0, ...reason, version, sizeBytes };
}

async function through(
  etcd: EtcdClient,
  members: readonly Member[],
  hosts: readonly NodeSpec[],
): Promise<EtcdStatus> {
  const leaders = new Set<string>();
  const healths = await Promise.all(
    members.map(async (member): Promise<MemberHealth> => {
      const host = hosts.find((node) => peerUrlOf(node) === member.peerUrl);
      const about = { ...member, ...(host ? { host: host.name } : {}) };
      if (member.clientUrl === undefined) return { ...about, well: false, reason: 'it was never started' };
      try {
        const status = await etcd.status(member.clientUrl);
        if (status.leader !== undefined) leaders.add(status.leader);
        return { ...about, ...healthOf(status) };
      } catch (error) {
        if (!(error instanceof KubewrightError)) throw error;
        return { ...about, well: false, reason: error.message };
      }
    }),
  );
  const leader = members.find(({ id }) => leaders.has(id))?.name;
  return { members: healths, ...(leader ? { leader } : {}) };
}
