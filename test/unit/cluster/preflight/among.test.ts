import { describe, expect, it } from 'vitest';
import { amongFindings, type KnownNode } from '../../../../src/cluster/preflight/among.ts';
import type { Member } from '../../../../src/cluster/preflight/member.ts';
import { needs } from '../../../../src/cluster/preflight/needs.ts';
import { pairsOf, refusedFor } from '../../../../src/cluster/preflight/pairs.ts';
import { defaultNode } from '../../../../src/cluster/spec/defaults.ts';
import { resolveSpec } from '../../../../src/cluster/spec/resolve.ts';
import type { NodeRole } from '../../../../src/cluster/spec/types.ts';
import type { Facts } from '../../../../src/host/port.ts';
import { fakeFacts } from '../../../fakes/fake-facts.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';

function member(name: string, more: Partial<Facts> = {}, fresh = true, role: NodeRole = 'worker'): Member {
  const address = `192.0.2.${name.length * 40 + Number(name.at(-1))}`;
  const facts = fakeFacts({
    hostname: name,
    machineId: name,
    addresses: [{ interface: 'eth0', address, prefix: 24 }],
    ...more,
  });
  return { host: new FakeHost(name), node: defaultNode({ name, role, address }), facts, fresh };
}
const clock = (seconds: number) => ({ clock: { host: 1.8e12 + seconds * 1000, here: 1.8e12 } });
const found = (members: Member[], known: KnownNode[] = []) =>
  [...amongFindings(members, known)].flatMap(([host, findings]) =>
    findings.map(({ name, level }) => `${host} ${name} ${level}`),
  );

describe('hosts beside each other', () => {
  it('nothing is found where each is its own', () => {
    expect(found([member('w1'), member('w2'), member('cp1', {}, false)])).toEqual([]);
  });

  it('B22: the clock that is off is named, not both', () => {
    expect(found([member('w1'), member('w2', clock(90)), member('w3')])).toEqual(['w2 ClockSkew error']);
    expect(found([member('w1', clock(-600)), member('w2')])).toEqual(['w1 ClockSkew error']);
    expect(found([member('w1', clock(5)), member('w2')])).toEqual(['w1 ClockSkew warning']);
    expect(found([member('w1', clock(1.5)), member('w2')])).toEqual([]);
  });

  it('B22: two clocks that are each near this machine’s and far from each other are found', () => {
    expect(found([member('w1', clock(-40)), member('w2', clock(40))])).toContain('w2 ClockSkew error');
  });

  it('B27: of two hosts with one machine-id the second is refused; a node of the cluster comes first', () => {
    expect(found([member('w1', { machineId: 'x' }), member('w2', { machineId: 'x' })])).toEqual([
      'w2 DuplicateMachineID error',
    ]);
    const known = [{ name: 'w9', machineId: 'x', address: '' }];
    expect(found([member('w1', { machineId: 'x' })], known)).toEqual(['w1 DuplicateMachineID error']);
    expect(found([member('w1', { machineId: '' }), member('w2', { machineId: '' })])).toEqual([]);
  });

  it('B27: one hostname under two node names is warned of, under one it is refused', () => {
    const [one, two] = [member('w1'), member('w2', { hostname: 'W1' })];
    expect(found([one, two])).toEqual(['w2 DuplicateHostname warning']);
    const clone = { ...two, node: { ...two.node, name: 'w1' } };
    expect(found([one, clone])).toEqual(['w2 DuplicateHostname error']);
  });

  it('one address of two hosts is refused', () => {
    const two = member('w2');
    const [one, clone] = [
      member('w1'),
      { ...two, node: { ...two.node, address: member('w1').node.address } },
    ];
    expect(found([one, clone])).toContain('w2 DuplicateAddress error');
  });

  it('the few whose MTU is another are warned', () => {
    const links = [{ name: 'eth0', mtu: 9000 }];
    expect(found([member('w1'), member('w2', { links }), member('cp1', {}, false)])).toEqual([
      'w2 MTU warning',
    ]);
  });
});

describe('who has to reach whom', () => {
  const spec = resolveSpec({ hosts: [{ name: 'cp1', role: 'control-plane', address: '192.0.2.1' }] });
  const words = (members: Member[], port: number) =>
    pairsOf(members, needs(spec))
      .filter(({ need }) => need.port === port)
      .map(({ from, to }) => `${from.node.name} ${to.node.name}`)
      .sort();
  const members = [
    member('cp1', {}, false, 'control-plane'),
    member('cp2', {}, true, 'control-plane'),
    member('w1'),
  ];

  it('is what the roles say, with a new host in each pair', () => {
    expect(words(members, 6443)).toEqual(['cp1 cp2', 'cp2 cp1', 'w1 cp1', 'w1 cp2']);
    expect(words(members, 2380)).toEqual(['cp1 cp2', 'cp2 cp1']);
    expect(words(members, 10250)).toEqual(['cp1 cp2', 'cp1 w1', 'cp2 cp1', 'cp2 w1']);
    expect(words([members[0]!], 6443)).toEqual([]);
  });

  it('a blocked way is the new host’s, the worker’s, the later one’s', () => {
    const [cp1, cp2, w1] = members as [Member, Member, Member];
    const [need] = needs(spec);
    const of = (from: Member, to: Member) => refusedFor({ from, to, need: need! }, [cp1, cp2, w1]).node.name;
    expect([of(cp1, cp2), of(cp2, w1), of(w1, cp2)]).toEqual(['cp2', 'w1', 'w1']);
  });
});
