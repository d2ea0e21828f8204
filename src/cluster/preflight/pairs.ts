import type { Facts } from '../../host/port.ts';
import type { Member } from './member.ts';
import type { Need } from './needs.ts';

/** One host that has to reach a port of another. */
export interface Pair {
  from: Member;
  to: Member;
  need: Need;
}

/** So many neighbours are tried where any host may need any other and nothing breaks without it. */
const NEIGHBOURS = 16;

/** Pairs with a host in them that is to come in: what goes on between the others is no matter of this run. */
export function pairsOf(members: readonly Member[], needs: readonly Need[]): Pair[] {
  return needs.flatMap((need) =>
    members.flatMap((from, index) =>
      [...members.slice(index + 1), ...members.slice(0, index)]
        .filter((to) => (from.fresh || to.fresh) && need.from.includes(from.node.role))
        .filter((to) => need.to.includes(to.node.role))
        .slice(0, need.level === 'warning' ? NEIGHBOURS : members.length)
        .map((to) => ({ from, to, need })),
    ),
  );
}

/** What listens there before anybody was asked to: the component itself, somebody else, nobody. */
export function holderOf(
  { listeners }: Facts,
  { node }: Member,
  { port, owner }: Need,
): 'owner' | 'other' | 'none' {
  const held = listeners.filter((each) => each.port === port && covers(each.address, node.address));
  if (held.length === 0) return 'none';
  // The kernel cuts process names after 15 characters.
  return held.some(({ process }) => process === owner.slice(0, 15)) ? 'owner' : 'other';
}

function covers(listening: string, address: string): boolean {
  return listening === address || ['0.0.0.0', '*', '::'].includes(listening);
}

/** Who is refused for it: the host that is to come in; of two such, a worker, or else the later one. */
export function refusedFor({ from, to }: Pair, members: readonly Member[]): Member {
  if (from.fresh !== to.fresh) return from.fresh ? from : to;
  if (from.node.role !== to.node.role) return from.node.role === 'worker' ? from : to;
  return members.indexOf(from) > members.indexOf(to) ? from : to;
}
