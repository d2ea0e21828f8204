import { afterAll, beforeAll, expect, it } from 'vitest';
import { planRemoval, removeNodes } from '../../src/cluster/nodes/remove.ts';
import { fetchRecord } from '../../src/cluster/record.ts';
import { withControlPlane } from './support/plane.ts';
import { type ShrinkingCluster, shrinkingCluster } from './support/shrinking.ts';

withControlPlane('node remove', () => {
  let cluster: ShrinkingCluster;
  beforeAll(async () => {
    cluster = await shrinkingCluster();
  });
  afterAll(() => cluster?.stop());

  const remove = (names: string[], force = false) =>
    removeNodes(cluster.ports, { names, access: cluster.access, force });
  const plan = (...names: string[]) => planRemoval(cluster.ports, { names, access: cluster.access });
  const recorded = async () => (await fetchRecord(cluster.client))!.hosts.map(({ name }) => name);
  const members = () => cluster.etcd.members.map(({ name, peerURLs }) => name ?? peerURLs[0]);
  const warnings = () => cluster.events.flatMap((event) => (event.type === 'message' ? event.text : []));

  it('of a name that nothing has is refused, with the names that there are', async () => {
    await expect(remove(['cp9'])).rejects.toMatchObject({
      code: 'UnknownNode',
      hint: 'Its hosts are: cp1, cp2, cp3, w1.',
    });
  });

  it('never takes the last control plane, not with force either', async () => {
    const all = remove(['cp1', 'cp2', 'cp3'], true);
    await expect(all).rejects.toMatchObject({
      code: 'LastControlPlane',
      message:
        'Without cp1, cp2, cp3 the cluster shrinks has no control plane and no data any more; nothing was changed.',
    });
    expect(members()).toEqual(['cp1', 'cp2', 'cp3']);
  });

  it('B42: does not take the majority of etcd: who is down is named, and nothing was changed', async () => {
    cluster.etcd.down.add('192.0.2.3');
    const refusal = {
      code: 'EtcdMajority',
      message: expect.stringMatching(
        /^Without cp2, 1 of 2 members of etcd would be up, and 2 are needed: the cluster would take no more changes\. cp3 does not answer/,
      ),
      hint: expect.stringContaining('With --force cp2 goes all the same'),
    };
    await expect(plan('cp2')).rejects.toMatchObject(refusal);
    const { hosts, failures } = await remove(['cp2']);
    expect(hosts).toMatchObject([{ node: 'cp2', state: 'failed' }]);
    expect(failures[0]!.error).toMatchObject(refusal);
    expect(cluster.etcd.changes).toEqual([]);
    expect(cluster.hosts.get('cp2')!.operations).toEqual([]);
    expect((await cluster.client.request({ path: '/api/v1/nodes/cp2' })).body).not.toMatchObject({
      spec: { unschedulable: true },
    });
  });

  it('takes the dead one of three, through one that lives, and says what it could not clean', async () => {
    cluster.hosts.delete('cp3');
    expect((await plan('cp3'))[0]!.summary).toEqual([
      'cordon node cp3',
      'take cp3 out of etcd',
      'delete node cp3',
      'the host cannot be reached: it will not be cleaned',
    ]);
    expect((await remove(['cp3'])).hosts).toMatchObject([
      { node: 'cp3', state: 'removed', note: 'the host was not reached: it was not cleaned' },
    ]);
    expect(members()).toEqual(['cp1', 'cp2']);
    expect(await recorded()).toEqual(['cp1', 'cp2', 'w1']);
    expect(warnings()).toContain('cp3 is out of the cluster, but could not be reached: it was not cleaned');
  });

  it('takes a worker that is recorded nowhere, because it joined with a token', async () => {
    await cluster.addNode('by-token', '192.0.2.20');
    expect((await remove(['by-token'])).hosts).toMatchObject([{ node: 'by-token', state: 'removed' }]);
    expect(await cluster.names()).toEqual(['cp1', 'cp2', 'w1']);
  });

  it('B33: takes the learner that a host left which died while it joined: by its Node, or by its address alone', async () => {
    const { etcd } = cluster;
    const add = (address: string) =>
      etcd.client('https://x').request({
        path: '/v3/cluster/member/add',
        method: 'POST',
        body: { peerURLs: [`https://${address}:2380`], isLearner: true },
      });
    await cluster.addNode('lost', '192.0.2.30');
    await add('192.0.2.30');
    expect((await plan('lost'))[0]!.summary).toContain('take lost out of etcd');
    await remove(['lost']);
    expect(members()).toEqual(['cp1', 'cp2']);
    expect(await cluster.names()).toEqual(['cp1', 'cp2', 'w1']);
    // Its kubelet never came as far as having a Node.
    await add('192.0.2.31');
    await expect(remove(['typo'])).rejects.toMatchObject({
      hint: 'Its hosts are: cp1, cp2, w1. Its etcd has a member that is none of theirs, at https://192.0.2.31:2380: kubewright node remove 192.0.2.31',
    });
    expect((await remove(['192.0.2.31'])).failures).toEqual([]);
    expect(members()).toEqual(['cp1', 'cp2']);
  });

  it('a control plane and a worker that live are cleaned', async () => {
    const done = await remove(['cp2', 'w1']);
    expect(done.failures).toEqual([]);
    expect(members()).toEqual(['cp1']);
    expect(await recorded()).toEqual(['cp1']);
    for (const name of ['cp2', 'w1'])
      expect(cluster.hosts.get(name)!.text('/etc/modules-load.d/kubewright.conf')).toBeUndefined();
    expect(cluster.hosts.get('cp1')!.text('/etc/kubernetes/kubewright/control-planes.yaml')).not.toContain(
      'cp2',
    );
  });

  it('a run that was killed when the cluster had forgotten the host is taken up, and not told that there is no such node', async () => {
    expect(await recorded()).toEqual(['cp1']);
    expect((await plan('w1'))[0]!.node).toBe('w1');
    const again = await remove(['w1']);
    expect(again).toMatchObject({ hosts: [{ node: 'w1', state: 'removed' }], failures: [] });
    expect(await cluster.names()).toEqual(['cp1']);
  });
});
