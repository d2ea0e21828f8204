import type { Finding } from './finding.ts';
import { finding } from './machine.ts';
import type { Member } from './member.ts';
import { linkOf } from './surroundings.ts';

const skewSeconds = { refused: 60, warned: 2 };

/** Findings by the name of the host that they are about; only hosts that are to come in have some. */
export type FindingsOf = Map<string, Finding[]>;

export function merged(all: readonly FindingsOf[]): FindingsOf {
  const found: FindingsOf = new Map();
  for (const each of all)
    for (const [host, findings] of each) found.set(host, [...(found.get(host) ?? []), ...findings]);
  return found;
}

/** A node that is not looked at now, as the cluster knows it. */
export interface KnownNode {
  name: string;
  machineId: string;
  address: string;
}

/** What shows when hosts are held against each other, by what each says of itself. */
export function amongFindings(members: readonly Member[], known: readonly KnownNode[]): FindingsOf {
  const found: FindingsOf = new Map();
  for (const [index, member] of members.entries()) {
    if (!member.fresh) continue;
    const before = members.slice(0, index);
    const own = [...duplicates(member, before, known), ...clock(member, members), ...mtu(member, members)];
    found.set(member.host.name, own);
  }
  return found;
}

/** Of two alike the later one is refused: the other may go on. */
function duplicates(
  { node, facts }: Member,
  before: readonly Member[],
  known: readonly KnownNode[],
): Finding[] {
  const others = [
    ...before.map((other) => ({
      ...{ name: other.node.name, machineId: other.facts.machineId, address: other.node.address },
      hostname: other.facts.hostname,
    })),
    ...known.filter(({ name }) => name !== node.name).map((other) => ({ ...other, hostname: '' })),
  ];
  const found: Finding[] = [];
  const twin = others.find(({ machineId }) => machineId !== '' && machineId === facts.machineId);
  if (twin)
    found.push(
      finding(
        'DuplicateMachineID',
        `its machine-id is that of ${twin.name}, ${facts.machineId}: it was cloned, or it is the same machine`,
        'rm /etc/machine-id && systemd-machine-id-setup, then reboot; in an image, leave /etc/machine-id empty',
      ),
    );
  const namesake = others.find(({ hostname }) => hostname.toLowerCase() === facts.hostname.toLowerCase());
  if (namesake)
    found.push({
      ...sameHostname(facts.hostname, namesake.name),
      level: namesake.name === node.name ? 'error' : 'warning',
    });
  const neighbour = others.find(({ address }) => address !== '' && address === node.address);
  if (neighbour)
    found.push(
      finding(
        'DuplicateAddress',
        `its address ${node.address} is that of ${neighbour.name}`,
        'give the host another address, or name the right one of several: hosts[].address, --advertise-address',
      ),
    );
  return found;
}

export function sameHostname(hostname: string, other: string): Finding {
  return finding(
    'DuplicateHostname',
    `its hostname is that of ${other}, ${hostname}`,
    'hostnamectl set-hostname NAME on one of them',
  );
}

/**
 * A host is held against the middle of all clocks, this machine's among them: of two that differ the one that is off is
 * named, not both. Half of a round trip is the error.
 */
function clock(member: Member, members: readonly Member[]): Finding[] {
  const clocks = [
    { name: 'this machine', ahead: 0 },
    ...members.map((each) => ({ name: each.node.name, ahead: aheadOf(each) })),
  ].toSorted((a, b) => a.ahead - b.ahead);
  const middle = clocks[Math.floor((clocks.length - 1) / 2)]!.ahead;
  const own = aheadOf(member);
  const furthest = clocks.toSorted((a, b) => Math.abs(own - b.ahead) - Math.abs(own - a.ahead))[0]!;
  const apart = Math.abs(own - furthest.ahead);
  const guilty = Math.abs(own - middle) > apart / 2 - 0.001 && own !== middle;
  if (!guilty || apart <= skewSeconds.warned) return [];
  const far = apart > skewSeconds.refused;
  const where = own > furthest.ahead ? 'ahead of' : 'behind';
  const why = far ? 'certificates and leases do not hold there' : 'more than time servers leave';
  return [
    finding(
      'ClockSkew',
      `its clock is ${apart.toFixed(apart < 10 ? 1 : 0)} s ${where} that of ${furthest.name}: ${why}`,
      'set the clock right: timedatectl set-ntp true',
      far ? 'error' : 'warning',
    ),
  ];
}

/** Seconds. */
function aheadOf({ facts: { clock } }: Member): number {
  return (clock.host - clock.here) / 1000;
}

/** Packets that are too large for some host are lost silently where a router does not say so. */
function mtu(member: Member, members: readonly Member[]): Finding[] {
  const of = ({ facts, node }: Member) => linkOf(facts, node.address)?.mtu;
  const own = of(member);
  const others = members.filter((other) => of(other) !== undefined && of(other) !== own);
  const same = members.filter((other) => of(other) === own);
  // The fewer ones differ, not the many.
  if (own === undefined || others.length === 0 || same.length > others.length) return [];
  return [
    finding(
      'MTU',
      `its address ${member.node.address} is on a link with an MTU of ${own}; ${others.map((other) => `${other.node.name} has ${of(other)}`).join(', ')}`,
      'use the same MTU on all hosts of one network',
      'warning',
    ),
  ];
}
