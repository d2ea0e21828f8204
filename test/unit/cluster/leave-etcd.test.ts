import { beforeEach, describe, expect, it } from 'vitest';
import { leaveEtcdAsAsked } from '../../../src/cluster/leave-etcd.ts';
import type { KnownControlPlane } from '../../../src/cluster/other-control-planes.ts';
import type { ClusterPorts } from '../../../src/cluster/ports.ts';
import { defaultNode } from '../../../src/cluster/spec/defaults.ts';
import type { Event } from '../../../src/output/events.ts';
import { FakeEtcd } from '../../fakes/fake-etcd.ts';
import { fakeFacts } from '../../fakes/fake-facts.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { expectErrorLine } from '../../golden/error-lines.ts';
import { exampleSpec } from './example.ts';

const { spec, node: cp1 } = exampleSpec();
const cp2 = defaultNode({ name: 'cp2', role: 'control-plane', address: '192.168.77.12' });
const cp3 = defaultNode({ name: 'cp3', role: 'control-plane', address: '192.168.77.13' });
const URL_3 = `https://${cp3.address}:2380`;

let etcd: FakeEtcd;
let events: Event[];
beforeEach(() => {
  etcd = new FakeEtcd(cp1, cp2);
  events = [];
});

/** cp3 as reset finds it. */
function leaving(hosts = [cp1, cp2, cp3]) {
  const addresses = [{ interface: 'eth0', address: cp3.address, prefix: 24 }];
  return {
    host: new FakeHost('cp3'),
    facts: fakeFacts({ addresses }),
    name: 'cp3',
    recorded: { ...spec, hosts },
    others: [] as KnownControlPlane[],
    credentials: { ca: 'ca', cert: 'cert', key: 'key' },
  };
}

function leave(how: 'leave' | 'try' | 'skip' = 'leave', from = leaving()) {
  const ports = {
    apiClient: ({ server }: { server: string }) => etcd.client(server),
    reporter: { emit: (event: Event) => events.push(event) },
    signal: new AbortController().signal,
  };
  return leaveEtcdAsAsked(ports as unknown as ClusterPorts, from, how);
}

describe('a control plane that is reset', () => {
  it('leaves the list of members, and others stay', async () => {
    etcd.enter(cp3);
    expect(await leave()).toBe(true);
    expect(etcd.changes).toEqual([`remove ${URL_3}`]);
  });

  it('B33, B61: leaves it also where its own etcd never came up, and has no name in the list', async () => {
    await etcd.client('https://any').request({ path: '/v3/cluster/member/add', body: { peerURLs: [URL_3] } });
    etcd.changes.length = 0;
    etcd.down.add('127.0.0.1').add(cp1.address);
    expect(await leave()).toBe(true);
    expect(etcd.changes).toEqual([`remove ${URL_3}`]);
  });

  // It has only itself on its disk, and no etcd to ask: its member would have stayed.
  it('leaves it through those that joined after it, where it is the one that init made', async () => {
    etcd.enter(cp3);
    etcd.down.add('127.0.0.1');
    const others = [{ name: cp1.name, address: cp1.address }];
    expect(await leave('leave', { ...leaving([cp3]), others })).toBe(true);
    expect(etcd.changes).toEqual([`remove ${URL_3}`]);
  });

  it('has nothing to leave as the last member, or without any trace of an etcd', async () => {
    etcd.members.length = 0;
    etcd.enter(cp3);
    expect(await leave()).toBe(false);
    expect(await leave('leave', { ...leaving(), credentials: undefined as never })).toBe(false);
    etcd.down.add('127.0.0.1');
    expect(await leave('leave', leaving([cp3]))).toBe(false);
    expect(etcd.changes).toEqual([]);
  });

  it('B61: is not reset where nobody can be told, unless that is accepted, or everything goes', async () => {
    etcd.enter(cp3);
    etcd.down.add('127.0.0.1').add(cp1.address).add(cp2.address);
    await expectErrorLine('B61', await leave().catch((error) => error));
    expect(await leave('try')).toBe(true);
    expect(events).toMatchObject([{ type: 'message', level: 'warning', host: 'cp3' }]);
    expect(await leave('skip')).toBe(false);
    expect(etcd.changes).toEqual([]);
  });
});
