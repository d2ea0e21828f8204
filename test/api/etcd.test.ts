import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { poll } from '../../src/base/wait.ts';
import { announce, announcement } from '../../src/cluster/etcd/announce.ts';
import type { EtcdClient } from '../../src/cluster/etcd/client.ts';
import { sickMembers } from '../../src/cluster/etcd/members.ts';
import { promote } from '../../src/cluster/etcd/promote.ts';
import { removeMember } from '../../src/cluster/etcd/remove.ts';
import { Seat } from '../../src/cluster/etcd/seat.ts';
import { initialCluster } from '../../src/cluster/phases/etcd-manifest.ts';
import { runIdentity } from '../../src/cluster/run-identity.ts';
import type { NodeSpec } from '../../src/cluster/spec/types.ts';
import { type EtcdCluster, etcdCluster } from './support/etcd.ts';
import { withControlPlane } from './support/plane.ts';

const { signal } = new AbortController();
const seat = new Seat('ann@laptop: kubewright join cp (pid 1)');
const patient = { timeoutMs: 60_000, signal, seat };
const brief = { timeoutMs: 600, signal, seat: new Seat('bob@desk: kubewright join cp3 (pid 2)') };

withControlPlane('members of a real etcd', () => {
  let cluster: EtcdCluster;
  let etcd: EtcdClient;
  let [cp1, cp2, cp3]: NodeSpec[] = [];

  beforeAll(async () => {
    cluster = await etcdCluster(inject('controlPlane')!.binaries.etcd);
    [cp1, cp2, cp3] = ['cp1', 'cp2', 'cp3'].map((name) => cluster.node(name));
    await cluster.start(cp1!);
    etcd = await cluster.client(cp1!);
    const up = () => etcd.members().catch(() => undefined);
    expect(await poll({ intervalMs: 100, timeoutMs: 60_000 }, up)).toHaveLength(1);
  });
  afterAll(() => cluster?.stop());

  const announced = async (node: NodeSpec, hasData = false) =>
    announcement(await etcd.members(), node, hasData);
  const names = async () =>
    (await etcd.members())
      .map(({ name, learner }) => `${name || 'not started'}${learner ? ' (learner)' : ''}`)
      .sort();
  const startAnnounced = async (node: NodeSpec) =>
    cluster.start(node, initialCluster(await etcd.members(), node));

  test('a learner is added once, and found again by a later run', async () => {
    expect(await announced(cp2!)).toBe('add');
    await announce(etcd, cp2!, 'add', patient);
    expect(await names()).toEqual(['cp1', 'not started (learner)']);
    expect(await announced(cp2!)).toBe('none');
    await announce(etcd, cp2!, 'add', patient);
    expect(await names()).toEqual(['cp1', 'not started (learner)']);
  });

  test('nobody else is added meanwhile, and one that never started is not promoted', async () => {
    const other = announce(etcd, cp3!, 'add', brief);
    await expect(other).rejects.toMatchObject({
      code: 'EtcdMemberHeld',
      message: `Another run works on member at https://${cp2!.address}:2380 of etcd: ann@laptop: kubewright join cp (pid 1).`,
    });
    await expect(promote(etcd, cp2!, brief)).rejects.toMatchObject({ code: 'EtcdNotStarted' });
  });

  test('a learner that has started is promoted, and so is the next', async () => {
    await startAnnounced(cp2!);
    await promote(etcd, cp2!, patient);
    await seat.release();
    await brief.seat.release();
    await announce(etcd, cp3!, 'add', patient);
    await startAnnounced(cp3!);
    await promote(etcd, cp3!, patient);
    expect(await names()).toEqual(['cp1', 'cp2', 'cp3']);
    expect(await sickMembers(etcd, await etcd.members())).toEqual([]);
    expect(await announced(cp3!, true)).toBe('none');
  });

  test('B33: a learner whose host died is left while its run lives, and makes room when that is over', async () => {
    const [lost, next] = [cluster.node('lost'), cluster.node('next')];
    const run = new Seat('ann@laptop: kubewright join lost (pid 1)');
    await announce(etcd, lost, 'add', { ...patient, seat: run });
    const other = { ...brief, seat: new Seat('bob@desk: kubewright join next (pid 2)') };
    await expect(announce(etcd, next, 'add', other)).rejects.toMatchObject({ code: 'EtcdMemberHeld' });
    expect(await names()).toContain('not started (learner)');
    // As when its run is killed: no heartbeat, and the lease ends.
    await run.release();
    const told: string[] = [];
    await announce(etcd, next, 'add', { ...patient, seat: other.seat, onOrphan: (what) => told.push(what) });
    expect(told).toEqual([
      `took the member at https://${lost.address}:2380 out of etcd: it was never started, and the run that added it is over`,
    ]);
    const learners = (await etcd.members()).filter(({ learner }) => learner);
    expect(learners.map(({ peerUrl }) => peerUrl)).toEqual([`https://${next.address}:2380`]);
    await removeMember(etcd, learners[0]!.id, patient);
    await other.seat.release();
  });

  test('B33: what a killed run of this machine holds is taken over at once', async () => {
    const lost = cluster.node('lost-too');
    const gone = runIdentity('join lost-too').replace(/started \d+/, 'started 1');
    const lease = await etcd.grantLease(600);
    expect(
      await etcd.claim(`/kubewright.dev/joining/https://${lost.address}:2380`, gone, lease),
    ).toBeUndefined();
    const mine = new Seat(runIdentity('join lost-too'));
    expect(await mine.take(etcd, `https://${lost.address}:2380`)).toBeUndefined();
    await etcd.renewLease(lease);
    await mine.release();
  });

  test('names and data that belong to something else are refused', async () => {
    const moved = { ...cluster.node('cp2'), name: 'cp2' };
    await expect(announced(moved)).rejects.toMatchObject({ code: 'EtcdMemberConflict' });
    await expect(announced({ ...cp2!, name: 'renamed' })).rejects.toMatchObject({
      code: 'EtcdMemberConflict',
    });
    await expect(announced(cluster.node('cp4'), true)).rejects.toMatchObject({ code: 'EtcdDataOfAnother' });
  });

  test('no member is added while another is down, which is named', async () => {
    await cluster.kill(cp3!);
    await expect(announce(etcd, cluster.node('cp4'), 'add', patient)).rejects.toMatchObject({
      code: 'EtcdUnhealthy',
      message: expect.stringContaining('cp3 does not answer'),
    });
    expect(await names()).toEqual(['cp1', 'cp2', 'cp3']);
  });

  test('a member whose data is gone is replaced by a learner under the same name', async () => {
    const [before] = (await etcd.members()).filter(({ name }) => name === 'cp3');
    await cluster.kill(cp3!, { forget: true });
    expect(await announced(cp3!, false)).toBe('replace');
    await announce(etcd, cp3!, 'replace', patient);
    await startAnnounced(cp3!);
    await promote(etcd, cp3!, patient);
    const [after] = (await etcd.members()).filter(({ name }) => name === 'cp3');
    expect(after?.id).not.toBe(before?.id);
  });

  test('a member is taken out through another, twice without harm; etcd itself keeps its majority', async () => {
    const id = async (name: string) => (await etcd.members()).find((member) => member.name === name)!.id;
    const third = await id('cp3');
    const second = etcd.through(`https://${cp2!.address}:2379`);
    await removeMember(second, third, patient);
    await removeMember(second, third, patient);
    expect(await names()).toEqual(['cp1', 'cp2']);
    await cluster.kill(cp2!);
    await expect(etcd.members()).rejects.toMatchObject({
      code: expect.stringMatching(/^Etcd(Refused|Unreachable)$/),
    });
  });
});
