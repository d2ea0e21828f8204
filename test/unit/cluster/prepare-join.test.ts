import { expect, it } from 'vitest';
import { mintedToken } from '../../../src/cluster/bootstrap-token.ts';
import type { ClusterToJoin } from '../../../src/cluster/context.ts';
import { Turns } from '../../../src/cluster/etcd/turns.ts';
import { noClusterYet } from '../../../src/cluster/join-source.ts';
import { type JoinRun, prepareWorker } from '../../../src/cluster/prepare-join.ts';
import { type JoinTarget, joinHosts } from '../../../src/cluster/run-join.ts';
import { Timeline } from '../../../src/engine/timeline.ts';
import { clusterPorts } from '../../fakes/cluster-ports.ts';
import { fakeFacts } from '../../fakes/fake-facts.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
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
it('a host that joined with another address than its first one keeps it when it joins again', async () => {
  const again = await prepare({ target: 'w1', role: 'worker' });
  expect(again.node.address).toBe('10.0.0.7');
  const moved = await prepare({ target: 'w1', role: 'worker', address: '10.0.0.8' });
  expect(moved.node.address).toBe('10.0.0.8');
  const unknown = await prepare({ target: 'w1', role: 'worker', name: 'w9' });
  expect(unknown.node.address).toBe('192.0.2.10');
});

// Neither is a node of the cluster while the other is looked at: the second one took the first one's place.
it('of two hosts with the same name, in one run, only one becomes that node', async () => {
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
