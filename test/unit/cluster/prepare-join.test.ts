import { expect, it } from 'vitest';
import { mintedToken } from '../../../src/cluster/bootstrap-token.ts';
import type { ClusterToJoin } from '../../../src/cluster/context.ts';
import { Turns } from '../../../src/cluster/etcd/turns.ts';
import { noClusterYet } from '../../../src/cluster/join-source.ts';
import { pkiContext } from '../../../src/cluster/pki/context.ts';
import { planPki } from '../../../src/cluster/pki/plan.ts';
import { type JoinRun, prepareWorker } from '../../../src/cluster/prepare-join.ts';
import { type JoinTarget, join, joinHosts } from '../../../src/cluster/run-join.ts';
import { defaultNode } from '../../../src/cluster/spec/defaults.ts';
import { Timeline } from '../../../src/engine/timeline.ts';
import { clusterPorts } from '../../fakes/cluster-ports.ts';
import { FakeEtcd } from '../../fakes/fake-etcd.ts';
import { fakeFacts } from '../../fakes/fake-facts.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { expectErrorLine, thrownBy } from '../../golden/error-lines.ts';
import { exampleSpec } from './example.ts';

const { spec: base, node: cp1 } = exampleSpec();
const w1 = { name: 'w1', role: 'worker' as const, address: '10.0.0.7', target: 'w1' };
const { spec } = exampleSpec({ hosts: [cp1, w1] });
const request = { access: undefined, ignorePreflightErrors: [], dryRun: true };

function prepare(target: JoinTarget) {
  const host = new FakeHost('w1');
  host.facts = fakeFacts({ hostname: 'w1' });
  const run: JoinRun = {
    ports: clusterPorts(async () => host),
    request: { ...request, targets: [target], spec },
    timeline: new Timeline(),
    etcd: new Turns(),
    names: new Map(),
  };
  const token = mintedToken(async () => noClusterYet(spec));
  const cluster: ClusterToJoin = { spec, recorded: true, administrator: true, ca: '', token };
  return prepareWorker(run, cluster, target, host);
}

// It got the address that the connection went to, whatever it had joined with.
it('B29: a host that joined with another address than its first one keeps it when it joins again', async () => {
  const again = await prepare({ target: 'w1', role: 'worker' });
  expect(again.node.address).toBe('10.0.0.7');
  const moved = await prepare({ target: 'w1', role: 'worker', address: '10.0.0.8' });
  expect(moved.node.address).toBe('10.0.0.8');
  const unknown = await prepare({ target: 'w9', role: 'worker', name: 'w9' });
  expect(unknown.node.address).toBe('192.0.2.10');
});

// The record then described one host twice, and could not be read any more.
it('a host that is recorded under another name is refused, by its target and by its address', async () => {
  const refusal = { code: 'HostRecordedAs', hint: expect.stringContaining('kubewright node remove w1') };
  await expect(prepare({ target: 'w1', role: 'worker', name: 'w9' })).rejects.toMatchObject(refusal);
  const sameAddress = { target: 'local', role: 'worker' as const, name: 'w9', address: w1.address };
  await expect(prepare(sameAddress)).rejects.toMatchObject(refusal);
});

// Neither is a node of the cluster while the other is looked at: the second one took the first one's place.
it('B27: of two hosts with the same name, in one run, only one becomes that node', async () => {
  const ports = clusterPorts(async (target) => {
    const host = new FakeHost(target);
    host.facts = fakeFacts({ hostname: 'ubuntu', machineId: target });
    return host;
  });
  const targets = ['10.0.0.1', '10.0.0.2'].map((target) => ({ target, role: 'worker' as const }));
  const { plans, failures } = await joinHosts(ports, { ...request, targets, spec: base });
  expect(plans.map(({ node }) => node)).toEqual(['ubuntu']);
  expect(failures).toMatchObject([
    { error: { message: expect.stringContaining('is to be the node "ubuntu" already') } },
  ]);
});

it('B59: of several hosts the one that failed is named, with its reason and the command for it alone', async () => {
  const ports = clusterPorts(async (target) => {
    const host = new FakeHost(target);
    host.facts = fakeFacts({
      hostname: target,
      machineId: target,
      arch: target === 'w2' ? 'riscv64' : 'amd64',
    });
    return host;
  });
  const targets = ['w1', 'w2', 'w3'].map((target) => ({ target, role: 'worker' as const }));
  await expectErrorLine('B59', await thrownBy(() => join(ports, { ...request, targets, spec: base })));
});

it('a host of an architecture without artifacts is refused, and nothing is changed', async () => {
  const host = new FakeHost('w1');
  host.facts = fakeFacts({ hostname: 'w1', arch: 'riscv64' });
  const ports = clusterPorts(async () => host);
  const targets = [{ target: 'w1', role: 'worker' as const }];
  const { failures } = await joinHosts(ports, { ...request, dryRun: false, targets, spec: base });
  expect(failures).toMatchObject([
    {
      error: {
        code: 'UnsupportedHost',
        message: 'w1 has the architecture riscv64, for which there are no artifacts (amd64, arm64).',
      },
    },
  ]);
  expect(host.operations).toEqual([]);
});

it('B42: a control plane that was taken out while it was away is refused as it comes back, before anything is changed', async () => {
  const cp2 = defaultNode({ name: 'cp2', target: 'cp2', role: 'control-plane', address: '192.0.2.10' });
  const host = new FakeHost('cp2');
  host.facts = fakeFacts({ hostname: 'cp2' });
  const peer = new FakeHost('cp1');
  const now = new Date('2026-11-23T12:00:00Z');
  const { spec: whole } = exampleSpec({ hosts: [cp1], security: { encryptSecrets: 'none' } });
  const { write, ca } = await planPki(pkiContext(whole, cp1, { now, superAdmin: false }), new Map());
  for (const { path, content, mode } of write) for (const each of [peer, host]) each.put(path, content, mode);
  host.put('/var/lib/etcd/member/wal/0000000000000000-0000000000000000.wal', 'old');
  const etcd = new FakeEtcd(cp1);
  const ports = clusterPorts(async (target) => (target === 'cp2' ? host : peer), {
    apiClient: ({ server }) => etcd.client(server),
  });
  const { failures } = await joinHosts(ports, {
    ...request,
    access: { api: etcd.client('https://192.168.77.11:6443'), ca },
    spec: whole,
    targets: [{ ...cp2, target: 'cp2' }],
    dryRun: true,
  });
  expect(failures).toMatchObject([{ error: { code: 'EtcdDataOfAnother', exit: 20 } }]);
  expect([...host.operations, ...etcd.changes]).toEqual([]);
});
