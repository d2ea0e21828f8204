import { describe, expect, it } from 'vitest';
import type { NodeContext } from '../../../src/cluster/context.ts';
import { afterJoin, beforeJoin } from '../../../src/cluster/phases/join-hooks.ts';
import { resetPhases } from '../../../src/cluster/reset.ts';
import { readResetNotes, resetNotes } from '../../../src/cluster/reset-notes.ts';
import { runPhases } from '../../../src/engine/runner.ts';
import { Timeline } from '../../../src/engine/timeline.ts';
import type { Operation } from '../../../src/host/port.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { exampleSpec } from './example.ts';

const PENDING = '/etc/kubernetes/kubewright/after-join';
const hooks = { beforeJoin: ['first', 'second'], afterJoin: ['third'] };

function contextOf(host: FakeHost, given: object = hooks): NodeContext {
  const { spec, node } = exampleSpec({
    hosts: [{ name: 'cp1', role: 'control-plane', address: '192.168.77.11', hooks: given }],
  });
  return { spec, node, host } as unknown as NodeContext;
}

async function run(host: FakeHost, given?: object) {
  const phases = [
    { ...beforeJoin, after: [] },
    { ...afterJoin, after: ['before-join'] },
  ];
  const before = host.operations.length;
  const reporter = { emit: () => undefined };
  const common = { host, phases, reporter, signal: new AbortController().signal, timeline: new Timeline() };
  await runPhases({ ...common, context: contextOf(host, given) });
  return host.operations.slice(before).map(words);
}

function words(operation: Operation): string {
  if (operation.kind === 'run') return operation.argv.at(-1)!;
  return 'path' in operation ? `${operation.kind} ${operation.path}` : operation.kind;
}

describe('hooks around a join', () => {
  it('run in their order on a host that is new, and leave nothing behind', async () => {
    const host = new FakeHost('h');
    expect(await run(host)).toEqual(['first', 'second', `write ${PENDING}`, 'third', `remove ${PENDING}`]);
    expect(host.nodes.has(PENDING)).toBe(false);
    const [first] = host.operations as Extract<Operation, { kind: 'run' }>[];
    expect(first?.env).toEqual({
      KUBEWRIGHT_CLUSTER: 'kubernetes',
      KUBEWRIGHT_NODE: 'cp1',
      KUBEWRIGHT_HOOK: 'beforeJoin',
    });
  });

  it('do not run on a member, whatever they say by now', async () => {
    const host = new FakeHost('h');
    host.put('/etc/kubernetes/kubelet.conf', '');
    expect(await run(host)).toEqual([]);
  });

  it('of a run that was cut between the two lists: the second is made up for', async () => {
    const host = new FakeHost('h');
    host.put('/etc/kubernetes/kubelet.conf', '');
    host.put(PENDING, '', 0o600);
    expect(await run(host)).toEqual(['third', `remove ${PENDING}`]);
    expect(await run(host)).toEqual([]);
  });

  it('end the run where one fails, with the command, its code and what it said', async () => {
    const host = new FakeHost('h');
    host.onRun = (argv) => (argv.includes('second') ? { exit: 3, stderr: 'no such disk\n' } : {});
    await expect(run(host)).rejects.toMatchObject({
      code: 'OperationFailed',
      message: 'hook beforeJoin[1] "second" failed on h with exit code 3',
      evidence: 'no such disk',
    });
    expect(host.nodes.has(PENDING)).toBe(false);
  });

  it('need no note where there is nothing to run afterwards', async () => {
    expect(await run(new FakeHost('h'), { beforeJoin: ['only'] })).toEqual(['only']);
  });
});

describe('hooks around a reset', () => {
  const { spec, node } = exampleSpec({
    etcd: { dataDir: '/data/etcd' },
    hosts: [
      {
        name: 'cp1',
        role: 'control-plane',
        address: '192.168.77.11',
        hooks: { beforeReset: ['a'], afterReset: ['b "c"'] },
      },
    ],
  });

  it('are found on the host, without a cluster', () => {
    const notes = resetNotes(spec, node);
    expect(notes?.mode).toBe(0o600);
    expect(readResetNotes(Buffer.from(notes!.content))).toEqual({
      cluster: 'kubernetes',
      node: 'cp1',
      beforeReset: ['a'],
      afterReset: ['b "c"'],
      etcdDataDir: '/data/etcd',
    });
  });

  it('need no file where there are none', () => {
    const plain = exampleSpec();
    expect(resetNotes(plain.spec, plain.node)).toBeUndefined();
  });

  it.each(['{', '[]', 'beforeReset: 3\netcdDataDir: 7', ''])(
    'damaged as %j are none: a reset goes on',
    (text) => {
      const { beforeReset, etcdDataDir } = readResetNotes(Buffer.from(text));
      expect(beforeReset).toEqual([]);
      expect(etcdDataDir).toBeUndefined();
    },
  );

  it('frame everything else; the data of etcd goes from its own folder, and nothing but that', async () => {
    const host = new FakeHost('h');
    const notes = readResetNotes(Buffer.from(resetNotes(spec, node)!.content));
    const context = { host, journal: [], knownPaths: [], notes };
    const reporter = { emit: () => undefined };
    const signal = new AbortController().signal;
    await runPhases({ host, phases: resetPhases, context, reporter, signal, timeline: new Timeline() });
    const all = host.operations.map(words);
    expect(all[0]).toBe('a');
    expect(all.at(-1)).toBe('b "c"');
    const sweep = host.operations.find(
      (operation) => operation.kind === 'run' && operation.argv.includes('sweep.sh'),
    ) as Extract<Operation, { kind: 'run' }>;
    expect(sweep.argv).toContain('/data/etcd/member');
    expect(sweep.argv).not.toContain('/data/etcd');
    expect(sweep.argv).not.toContain('/data/etcd/*');
  });
});
