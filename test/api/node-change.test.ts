import { afterAll, beforeAll, expect, it } from 'vitest';
import { changeRole, planRole } from '../../src/cluster/nodes/change-role.ts';
import { inRole } from '../../src/cluster/nodes/kept-marks.ts';
import { planReplacement, replaceNode } from '../../src/cluster/nodes/replace.ts';
import { fetchRecord } from '../../src/cluster/record.ts';
import type { NodeRole } from '../../src/cluster/spec/types.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { makeAuthority } from './support/certificates.ts';
import { withControlPlane } from './support/plane.ts';
import { type ShrinkingCluster, shrinkingCluster } from './support/shrinking.ts';

// What is refused, and what is planned; the lab tier does it.
withControlPlane('node replace, promote and demote', () => {
  let cluster: ShrinkingCluster;
  beforeAll(async () => {
    cluster = await shrinkingCluster();
    cluster.hosts.set('fresh', machine('fresh', '192.0.2.40'));
  });
  afterAll(() => cluster?.stop());

  function machine(name: string, address: string): FakeHost {
    const host = new FakeHost(name);
    const addresses = [{ interface: 'eth0', address, prefix: 24 }];
    host.facts = { ...host.facts, hostname: name, addresses };
    return host;
  }
  const request = (name: string) => ({ name, access: cluster.access, ignorePreflightErrors: [] });
  const role = (name: string, wanted: NodeRole) => ({ ...request(name), role: wanted });
  const untouched = async () => {
    expect(cluster.etcd.changes).toEqual([]);
    expect(await cluster.names()).toEqual(['cp1', 'cp2', 'cp3', 'w1']);
    for (const host of cluster.hosts.values()) expect(host.operations).toEqual([]);
  };

  it('a host that is not recorded is named', async () => {
    for (const act of [
      () => replaceNode(cluster.ports, request('cp9')),
      () => changeRole(cluster.ports, role('cp9', 'worker')),
    ])
      await expect(act()).rejects.toMatchObject({
        code: 'UnknownNode',
        message: 'shrinks has no recorded host cp9; nothing was changed.',
      });
  });

  it('the old host stays where the new one does not answer, is another node, or another cluster’s', async () => {
    const to = (target: string) => replaceNode(cluster.ports, { ...request('cp3'), target });
    await expect(to('nowhere')).rejects.toMatchObject({ code: 'HostUnreachable' });
    cluster.hosts.set('taken', machine('taken', '192.0.2.4'));
    await expect(to('taken')).rejects.toMatchObject({
      code: 'HostInUse',
      message: 'taken is the node w1 of shrinks already; nothing was changed.',
    });
    const foreign = machine('foreign', '192.0.2.41');
    foreign.put('/etc/kubernetes/pki/ca.crt', (await makeAuthority('other')).cert);
    cluster.hosts.set('foreign', foreign);
    await expect(to('foreign')).rejects.toMatchObject({ code: 'ForeignCluster' });
    await untouched();
  });

  // Its name is recorded, and so nothing of it was looked at among the others.
  it('the old host stays where the new one is a clone of another', async () => {
    const clone = machine('clone', '192.0.2.43');
    clone.facts = { ...clone.facts, machineId: 'cp1' };
    cluster.hosts.set('clone', clone);
    await expect(replaceNode(cluster.ports, { ...request('cp3'), target: 'clone' })).rejects.toMatchObject({
      code: 'PreflightFailed',
      message: expect.stringMatching(
        /^1 preflight check failed on clone; .*\n\[DuplicateMachineID\] .* cp1,/,
      ),
    });
    await untouched();
  });

  it('a worker that would not do as a control plane stays one; its own processes are not in its way', async () => {
    const w1 = cluster.hosts.get('w1')!;
    const before = w1.facts;
    const held = (address: string, port: number, process: string) => ({ address, port, pid: 7, process });
    const listeners = [held('*', 10250, 'kubelet'), held('127.0.0.1', 6443, 'haproxy')];
    w1.facts = { ...before, cpus: 1, machineId: 'cp1', listeners };
    await expect(changeRole(cluster.ports, role('w1', 'control-plane'))).rejects.toMatchObject({
      code: 'PreflightFailed',
      message: expect.stringMatching(/^2 preflight checks .*\n\[NumCPU\] .*\n.*\n\[DuplicateMachineID\] /),
    });
    w1.facts = before;
    expect((await fetchRecord(cluster.client))!.hosts).toEqual(cluster.spec.hosts);
    await untouched();
  });

  it('is planned: the old one leaves etcd, then the new one joins; where that was begun, only the rest', async () => {
    const plan = await planReplacement(cluster.ports, { ...request('cp3'), target: 'fresh' });
    expect(plan.removed[0]!.summary).toContain('take cp3 out of etcd');
    expect(plan.joins).toBe('fresh joins as the control-plane cp3');
    const begun = machine('begun', '192.0.2.42');
    begun.put('/etc/kubernetes/pki/ca.crt', cluster.access.ca);
    cluster.hosts.set('begun', begun);
    const rest = await planReplacement(cluster.ports, { ...request('cp3'), target: 'begun' });
    expect(rest).toEqual({ removed: [], joins: 'begun joins as the control-plane cp3' });
    await untouched();
  });

  it('a demotion that costs the majority is refused, and so is that of the last control plane', async () => {
    cluster.etcd.down.add('192.0.2.3');
    await expect(changeRole(cluster.ports, role('cp2', 'worker'))).rejects.toMatchObject({
      code: 'EtcdMajority',
    });
    await expect(planRole(cluster.ports, role('cp2', 'worker'))).rejects.toMatchObject({
      code: 'EtcdMajority',
    });
    cluster.etcd.down.clear();
    await untouched();
  });

  it('labels and taints that somebody gave the Node are kept; those of the role are the new role’s', async () => {
    const { client } = cluster;
    const body = {
      metadata: { labels: { rack: 'a', 'kubernetes.io/hostname': 'w1', 'node.kubernetes.io/x': '' } },
      spec: {
        taints: [
          { key: 'dedicated', value: 'db', effect: 'NoSchedule' },
          { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
        ],
      },
    };
    const contentType = 'application/merge-patch+json';
    await client.request({ method: 'PATCH', path: '/api/v1/nodes/w1', contentType, body });
    const { hosts } = (await fetchRecord(client))!;
    const w1 = hosts.find(({ name }) => name === 'w1')!;
    const promoted = await inRole(client, w1, 'control-plane');
    expect(promoted).toMatchObject({
      role: 'control-plane',
      labels: { rack: 'a' },
      taints: [
        { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
        { key: 'dedicated', value: 'db', effect: 'NoSchedule' },
      ],
    });
    expect(Object.keys(promoted.labels)).toEqual(['rack']);
    expect((await inRole(client, promoted, 'worker')).taints).toEqual([
      { key: 'dedicated', value: 'db', effect: 'NoSchedule' },
    ]);
  });
});
