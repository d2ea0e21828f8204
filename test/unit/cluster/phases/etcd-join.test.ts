import { beforeEach, describe, expect, it } from 'vitest';
import type { JoinControlPlaneContext } from '../../../../src/cluster/context.ts';
import { etcdClient } from '../../../../src/cluster/etcd/client.ts';
import { Seat } from '../../../../src/cluster/etcd/seat.ts';
import { Turns } from '../../../../src/cluster/etcd/turns.ts';
import { etcdJoin } from '../../../../src/cluster/phases/etcd-join.ts';
import { defaultNode } from '../../../../src/cluster/spec/defaults.ts';
import { planPhases } from '../../../../src/engine/planner.ts';
import { runPhases } from '../../../../src/engine/runner.ts';
import { Timeline } from '../../../../src/engine/timeline.ts';
import { silent } from '../../../../src/output/events.ts';
import { FakeEtcd } from '../../../fakes/fake-etcd.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import { expectErrorLine, thrownBy } from '../../../golden/error-lines.ts';
import { exampleSpec } from '../example.ts';

const { spec, node: cp1 } = exampleSpec();
const cp2 = defaultNode({ name: 'cp2', role: 'control-plane', address: '192.168.77.12' });
const URL_2 = `https://${cp2.address}:2380`;
const WAL = '/var/lib/etcd/member/wal/0000000000000000-0000000000000000.wal';
const MANIFEST = '/etc/kubernetes/manifests/etcd.yaml';
const { signal } = new AbortController();

let host: FakeHost;
let etcd: FakeEtcd;
beforeEach(() => {
  host = new FakeHost('cp2');
  etcd = new FakeEtcd(cp1);
  etcd.meanwhile = kubelet;
});

function common(over: Partial<JoinControlPlaneContext> = {}) {
  const context = {
    spec,
    node: cp2,
    host,
    facts: host.facts,
    etcd: etcdClient(`https://${cp1.address}:2379`, etcd.client),
    turn: new Turns().turn(),
    seat: new Seat('ann@laptop: kubewright join cp2 (pid 1)'),
    reporter: silent,
    waitMs: () => 700,
    ...over,
  } as JoinControlPlaneContext;
  const phases = [{ ...etcdJoin, after: [] }];
  return { host, phases, context, timeline: new Timeline() };
}
const run = async () => {
  const given = common();
  try {
    return await runPhases({ ...given, reporter: silent, signal });
  } finally {
    await given.context.seat.release();
  }
};

/** The kubelet in short: what stands in the manifest is started. */
function kubelet(): void {
  const member = etcd.at(cp2.address);
  if (!member || member.name || !host.text(MANIFEST)?.includes(`cp2=${member.peerURLs[0]}`)) return;
  etcd.start(member, 'cp2');
  host.put(WAL, 'data');
}

it('adds a learner, writes the manifest with all members, promotes', async () => {
  expect(await run()).toMatchObject({ changed: 3 });
  expect(etcd.changes).toEqual([`add ${URL_2}`, 'promote cp2']);
  expect(host.text(MANIFEST)).toContain(`--initial-cluster=cp1=https://${cp1.address}:2380,cp2=${URL_2}\n`);
  expect(host.text(MANIFEST)).toContain('--initial-cluster-state=existing\n');
});

it('B33: holds its member while it joins, and lets it go', async () => {
  const held = new Set<string>();
  etcd.meanwhile = () => {
    for (const key of etcd.claims.keys()) held.add(Buffer.from(key, 'base64').toString());
    kubelet();
  };
  await run();
  expect([...held]).toEqual([`/kubewright.dev/joining/${URL_2}`]);
  expect(etcd.claims.size).toBe(0);
});

it('B33: is refused while another run holds its member, which is named', async () => {
  const other = new Seat('bob@desk: kubewright join cp2 (pid 2)');
  await other.take(etcdClient(`https://${cp1.address}:2379`, etcd.client), URL_2);
  await expectErrorLine('B33', await thrownBy(run));
  expect(etcd.changes).toEqual([]);
  await other.release();
});

// A member that had just become a voter did not answer for a moment on a busy host, and the next join failed at once.
it('waits for a member that is not well for a moment', async () => {
  const cp3 = { name: 'cp3', address: '192.168.77.13' };
  etcd.enter(cp3);
  etcd.down.add(cp3.address);
  setTimeout(() => etcd.down.delete(cp3.address), 800);
  await runPhases({ ...common({ waitMs: () => 10_000 }), reporter: silent, signal });
  expect(etcd.changes).toEqual([`add ${URL_2}`, 'promote cp2']);
});

it('plans the same, and changes nothing by that', async () => {
  const [phase] = (await planPhases(common())).phases;
  expect(phase?.steps.map(({ step, status }) => `${step} ${status}`)).toEqual([
    'turn wait',
    'member change',
    'manifest change',
    'promoted change',
  ]);
  expect([...etcd.changes, ...host.operations]).toEqual([]);
});

it('leaves everything undecided in the plan of a cluster that is not there', async () => {
  const [phase] = (await planPhases(common({ etcd: undefined }))).phases;
  expect(new Set(phase?.steps.map(({ status }) => status))).toEqual(new Set(['deferred']));
});

it('takes up the learner of a run that was killed between add and promote', async () => {
  etcd.meanwhile = () => undefined;
  await expect(run()).rejects.toMatchObject({ code: 'EtcdNotStarted' });
  expect(etcd.at(cp2.address)).toMatchObject({ isLearner: true });
  etcd.meanwhile = kubelet;
  await run();
  expect(etcd.changes).toEqual([`add ${URL_2}`, 'promote cp2']);
});

// cp3 came first in the next run and waited for the learner cp2, which waited for its turn.
it('a learner of a killed run is finished while another host has the turn', async () => {
  etcd.meanwhile = () => undefined;
  await expect(run()).rejects.toMatchObject({ code: 'EtcdNotStarted' });
  etcd.meanwhile = kubelet;
  const turns = new Turns();
  await turns.turn().take();
  await runPhases({ ...common({ turn: turns.turn() }), reporter: silent, signal });
  expect(etcd.changes).toEqual([`add ${URL_2}`, 'promote cp2']);
});

describe('a second run', () => {
  beforeEach(async () => {
    await run();
    etcd.changes.length = 0;
  });

  it('changes nothing, also when others have joined since', async () => {
    etcd.enter({ name: 'cp3', address: '192.168.77.13' });
    expect(await run()).toMatchObject({ changed: 0 });
    expect(etcd.changes).toEqual([]);
  });

  it('mends a manifest without restarting the members that came later', async () => {
    const before = host.text(MANIFEST)!;
    etcd.enter({ name: 'cp3', address: '192.168.77.13' });
    host.put(MANIFEST, before.replace('snapshot-count=10000', 'snapshot-count=1'), 0o600);
    await run();
    expect(host.text(MANIFEST)).toBe(before);
  });

  describe('of which the member does not come up', () => {
    beforeEach(() => void etcd.down.add(cp2.address));

    it('waits for it, and names what to do if its data is lost', async () => {
      await expect(run()).rejects.toMatchObject({
        code: 'EtcdUnhealthy',
        hint: expect.stringContaining('kubewright reset cp2'),
      });
    });

    // It ended in a time-out of the API server, with a hundred lines of the kubelet's.
    it('says that its data is lost where etcd says so', async () => {
      host.put('/var/log/pods/kube-system_etcd-cp2_uid', 'the folder');
      host.onRun = (argv) => ({ exit: argv.at(-1)?.endsWith('etcd-cp2_uid') ? 0 : 1 });
      await expect(run()).rejects.toMatchObject({
        code: 'EtcdDataLost',
        hint: expect.stringMatching(/kubewright reset cp2 .*kubewright join cp2 --control-plane/),
      });
      expect(etcd.changes).toEqual([]);
    });
  });

  it('replaces a member whose data is gone', async () => {
    host.nodes.delete(WAL);
    await run();
    expect(etcd.changes).toEqual([`remove ${URL_2}`, `add ${URL_2}`, 'promote cp2']);
  });
});
