import { KubewrightError } from '../../base/errors.ts';
import { hostPort } from '../spec/node.ts';
import type { NodeSpec } from '../spec/types.ts';
import type { EtcdClient, Member } from './client.ts';

export function peerUrlOf(node: NodeSpec): string {
  return `https://${hostPort(node.address, 2380)}`;
}

/** For people: its name, or where it is to be while it has none yet. */
export function labelOf(member: Member): string {
  return member.name || `at ${member.peerUrl}`;
}

/** The member that this host is; refuses where its name or its address is another one's. */
export function ownMember(members: readonly Member[], node: NodeSpec): Member | undefined {
  const url = peerUrlOf(node);
  const here = members.find(({ peerUrl }) => peerUrl === url);
  const other = here
    ? here.name !== '' && here.name !== node.name && here
    : members.find(({ name }) => name === node.name);
  if (!other) return here;
  throw new KubewrightError({
    code: 'EtcdMemberConflict',
    message: `etcd has a member "${other.name}" at ${other.peerUrl}; ${node.name} would be at ${url}.`,
    host: node.name,
    hint: `If that member is a former ${other.name}, kubewright reset it, so that it leaves etcd; otherwise give this host another name (--name) or address.`,
    exit: 'invalidInput',
  });
}

/** Members that vote and are not well, each with why; none where all are. */
export async function sickMembers(etcd: EtcdClient, members: readonly Member[]): Promise<string[]> {
  const voters = members.filter(({ learner }) => !learner);
  const found = await Promise.all(
    voters.map(async (member) => {
      if (member.clientUrl === undefined) return [`${labelOf(member)} was never started`];
      try {
        const { complaints } = await etcd.status(member.clientUrl);
        return complaints.map((complaint) => `${labelOf(member)}: ${complaint}`);
      } catch (error) {
        if (!(error instanceof KubewrightError)) throw error;
        return [`${labelOf(member)} does not answer (${error.message})`];
      }
    }),
  );
  return found.flat();
}
