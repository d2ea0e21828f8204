import { beforeEach, describe, expect, it } from 'vitest';
import { KubewrightError } from '../../../src/base/errors.ts';
import { knownCluster } from '../../../src/cluster/known-cluster.ts';
import { lockJoin } from '../../../src/cluster/locking/lock-join.ts';
import type { LockedPorts } from '../../../src/cluster/locking/with-run.ts';
import { findPeer } from '../../../src/cluster/peer.ts';
import { pkiContext } from '../../../src/cluster/pki/context.ts';
import { planPki } from '../../../src/cluster/pki/plan.ts';
import type { ClusterPorts } from '../../../src/cluster/ports.ts';
import { refuseJoined } from '../../../src/cluster/preflight/joined.ts';
import { defaultNode } from '../../../src/cluster/spec/defaults.ts';
import type { NodeSpec } from '../../../src/cluster/spec/types.ts';
import { FakeEtcd } from '../../fakes/fake-etcd.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { expectErrorLine } from '../../golden/error-lines.ts';
import { exampleSpec } from './example.ts';

const controlPlane = (name: string, last: number) =>
  defaultNode({ name, target: name, role: 'control-plane', address: `192.168.77.${last}` });
const [cp1, cp2, cp3] = [controlPlane('cp1', 11), controlPlane('cp2', 12), controlPlane('cp3', 13)];
const { spec } = exampleSpec({ hosts: [cp1, cp2, cp3], security: { encryptSecrets: 'none' } });

let hosts: Map<string, FakeHost>;
let etcd: FakeEtcd;
let ca: string;
beforeEach(async () => {
  etcd = new FakeEtcd(cp1, cp2, cp3);
  const now = new Date('2026-11-23T12:00:00Z');
  const plan = await planPki(pkiContext(spec, cp1, { now, superAdmin: false }), new Map());
  ca = plan.ca;
  hosts = new Map([cp1, cp2, cp3].map(({ name }) => [name, new FakeHost(name)]));
  for (const host of hosts.values())
    for (const file of plan.write) host.put(file.path, file.content, file.mode);
});

function find(joining: string[], through?: { host: FakeHost; node: NodeSpec }) {
  const ports = {
    openHost: async (target: string) => {
      const host = hosts.get(target);
      if (host) return host;
      throw new KubewrightError({
        code: 'HostUnreachable',
        message: `no ${target}`,
        exit: 'hostUnreachable',
      });
    },
    apiClient: ({ server }: { server: string }) => etcd.client(server),
  };
  const access = { api: etcd.client(''), ca, ...(through ? { through } : {}) };
  return findPeer(ports as unknown as ClusterPorts, spec, access, joining);
}

describe('the control plane that others join through', () => {
  it('is the first that does not join itself, or the one that was named', async () => {
    expect((await find([])).host.name).toBe('cp1');
    expect((await find(['cp1', 'cp2'])).host.name).toBe('cp3');
    expect((await find(['cp1'], { host: hosts.get('cp3')!, node: cp3 })).host.name).toBe('cp3');
    expect((await find(['cp1', 'cp2', 'cp3'])).host.name).toBe('cp1');
  });

  it('B34: is one that has everything: others are passed by, and told where there is none', async () => {
    hosts.delete('cp1');
    hosts.get('cp2')!.nodes.delete('/etc/kubernetes/pki/sa.key');
    expect((await find([])).host.name).toBe('cp3');
    hosts.get('cp3')!.put('/etc/kubernetes/pki/ca.crt', 'another');
    await expectErrorLine('B34', await find([]).catch((error) => error));
  });
});

it('B42: a lost majority is told as that, with who is down and what helps', async () => {
  etcd.withoutMajority = true;
  etcd.down.add(cp2.address).add(cp3.address);
  await expectErrorLine('B42', await find([]).catch((error) => error));
  // All are up: an election, or something else that is no loss.
  etcd.down.clear();
  await expect(find([])).rejects.toMatchObject({ code: 'NoControlPlane' });
});

it('B42: so it is where an API server says nothing and was reached through its host', async () => {
  etcd.withoutMajority = true;
  etcd.down.add(cp2.address).add(cp3.address);
  const ports = { apiClient: ({ server }: { server: string }) => etcd.client(server) };
  const access = {
    api: etcd.client('https://api:6443'),
    ca,
    through: { host: hosts.get('cp1')!, node: cp1 },
  };
  await expect(knownCluster(ports, access)).rejects.toMatchObject({
    code: 'EtcdMajorityLost',
    message: expect.stringContaining('Not up: cp2, cp3.'),
  });
  // join asked for the record itself, to lock the cluster, and told of a time-out.
  const locked = { ...ports, run: { holdsCluster: false } } as unknown as LockedPorts;
  await expect(lockJoin(locked, { access })).rejects.toMatchObject({ code: 'EtcdMajorityLost' });
  const { through: _, ...byKubeconfig } = access;
  await expect(knownCluster(ports, byKubeconfig)).rejects.toMatchObject({
    message: expect.stringContaining('request timed out'),
  });
});

describe('init on a control plane', () => {
  const [host, existing] = [new FakeHost('cp2'), Buffer.from('- --initial-cluster-state=existing\n')];
  const alone = { ...spec, hosts: [cp1] };

  it('is refused where it joined others, whatever is left of its manifest', () => {
    const traces = { recorded: spec, node: cp2, superAdmin: false };
    for (const etcd of [existing, undefined]) {
      expect(() => refuseJoined(host, { ...traces, etcd })).toThrowError(
        expect.objectContaining({ code: 'JoinedControlPlane' }),
      );
    }
  });

  it('goes on where it was the first, also without its manifest', () => {
    const founder = Buffer.from('- --initial-cluster=cp1=https://192.168.77.11:2380\n');
    for (const recorded of [undefined, alone, spec]) {
      refuseJoined(host, { recorded, node: cp1, etcd: founder, superAdmin: true });
      refuseJoined(host, { recorded, node: cp1, etcd: undefined, superAdmin: true });
    }
    refuseJoined(host, { recorded: alone, node: cp1, etcd: undefined, superAdmin: false });
  });
});
