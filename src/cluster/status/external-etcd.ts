import { KubewrightError } from '../../base/errors.ts';
import type { EtcdClient, Member, MemberStatus } from '../etcd/client.ts';
import type { ExternalEtcd } from '../etcd/external.ts';
import { healthOf } from './etcd.ts';
import type { EtcdStatus, MemberHealth } from './types.ts';

type Ways = ExternalEtcd['ways'];

interface Asked {
  url: string;
  etcd: EtcdClient;
  status?: MemberStatus;
  reason?: string;
}

/** By the first of the control planes that gets a list of members from any endpoint. */
export async function externalEtcdStatus(hosts: readonly Ways[]): Promise<EtcdStatus> {
  const reasons: string[] = [];
  for (const ways of hosts) {
    const asked = await Promise.all(ways.map(ask));
    reasons.push(...asked.flatMap(({ reason }) => reason ?? []));
    for (const { etcd } of asked.filter(({ status }) => status)) {
      try {
        return await through(etcd, await etcd.members(), asked);
      } catch (error) {
        if (!(error instanceof KubewrightError)) throw error;
        reasons.push(error.message);
      }
    }
  }
  const reason = [...new Set(reasons)].join('; ') || 'no control plane was reached';
  return { external: true, members: [], reason };
}

async function ask({ endpoint: url, etcd }: Ways[number]): Promise<Asked> {
  try {
    return { url, etcd, status: await etcd.status(url) };
  } catch (error) {
    if (!(error instanceof KubewrightError)) throw error;
    return { url, etcd, reason: error.message };
  }
}

async function through(
  etcd: EtcdClient,
  members: readonly Member[],
  asked: readonly Asked[],
): Promise<EtcdStatus> {
  const leaders = new Set<string>();
  const healths = await Promise.all(
    members.map(async (member): Promise<MemberHealth> => {
      if (member.clientUrl === undefined) return { ...member, well: false, reason: 'it was never started' };
      // The address that it tells others may be none that leads there from here.
      const known = asked.find(({ status }) => status?.id === member.id)?.status;
      try {
        const status = known ?? (await etcd.status(member.clientUrl));
        if (status.leader !== undefined) leaders.add(status.leader);
        return { ...member, ...healthOf(status) };
      } catch (error) {
        if (!(error instanceof KubewrightError)) throw error;
        return { ...member, well: false, reason: error.message };
      }
    }),
  );
  const leader = members.find(({ id }) => leaders.has(id))?.name;
  const endpoints = asked.map(({ url, reason }) => ({
    url,
    well: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
  }));
  return { external: true, endpoints, members: healths, ...(leader ? { leader } : {}) };
}
