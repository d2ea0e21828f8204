import { describe, expect, it } from 'vitest';
import type { Phase } from '../../../src/engine/phase.ts';
import { planPhases } from '../../../src/engine/planner.ts';
import { runPhases } from '../../../src/engine/runner.ts';
import { change, done, type Step, type Verdict } from '../../../src/engine/step.ts';
import { Timeline } from '../../../src/engine/timeline.ts';
import type { Event } from '../../../src/output/events.ts';
import { FakeHost } from '../../fakes/fake-host.ts';

const write = (path: string): Step => ({
  name: path.slice(1).replaceAll('/', '-'),
  look: [{ kind: 'file', path, hash: true }],
  check: (seen) =>
    seen.file(path, { hash: true }).type === 'file'
      ? done
      : change(`write ${path}`, [{ kind: 'write', path, content: 'x', mode: 0o644 }]),
});

const phase = (name: string, after: string[], steps: Step[]): Phase<object> => ({
  name,
  title: name,
  after,
  steps: () => steps,
});

function run(host: FakeHost, phases: Phase<object>[], signal = new AbortController().signal) {
  const events: Event[] = [];
  const reporter = { emit: (event: Event) => events.push(event) };
  const result = runPhases({ host, phases, context: {}, reporter, signal, timeline: new Timeline() });
  return { result, events };
}

describe('running phases', () => {
  it('looks once for all phases, and sends the steps of a phase as one batch', async () => {
    const host = new FakeHost();
    await run(host, [phase('a', [], [write('/a/1'), write('/a/2')]), phase('b', ['a'], [write('/b/1')])])
      .result;
    expect(host.roundTrips).toBe(3);
    expect(host.operations.map(({ id }) => id)).toEqual(['a/a-1/1', 'a/a-2/1', 'b/b-1/1']);
  });

  it('changes nothing the second time, and counts so', async () => {
    const host = new FakeHost();
    const phases = [phase('a', [], [write('/a/1'), write('/a/2')])];
    await expect(run(host, phases).result).resolves.toMatchObject({ changed: 2, unchanged: 0 });
    await expect(run(host, phases).result).resolves.toMatchObject({ changed: 0, unchanged: 2 });
    expect(host.operations).toHaveLength(2);
  });

  it('counts one seeded drift as exactly one change', async () => {
    const host = new FakeHost();
    const phases = [phase('a', [], [write('/a/1'), write('/a/2')])];
    await run(host, phases).result;
    host.nodes.delete('/a/2');
    await expect(run(host, phases).result).resolves.toMatchObject({ changed: 1, unchanged: 1 });
  });

  it('keeps the order of what waits for each other and runs the rest beside it', async () => {
    const order: string[] = [];
    const slow = (name: string, turns: number): Step => ({
      name,
      check: () => ({
        status: 'wait',
        for: name,
        wait: async () => {
          for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
          order.push(name);
        },
      }),
    });
    await run(new FakeHost(), [
      phase('long', [], [slow('long', 20)]),
      phase('short', [], [slow('short', 1)]),
      phase('last', ['long'], [slow('last', 1)]),
    ]).result;
    expect(order).toEqual(['short', 'long', 'last']);
  });

  it('starts nothing after a failure, and reports the failure itself', async () => {
    const host = new FakeHost();
    const broken: Step = { name: 'broken', check: () => Promise.reject(new Error('the cause')) };
    const { result, events } = run(host, [
      phase('a', [], [broken]),
      phase('b', ['a'], [write('/b')]),
      phase('c', ['b'], [write('/c')]),
    ]);
    await expect(result).rejects.toThrow('the cause');
    expect(host.operations).toEqual([]);
    expect(events.filter((event) => event.type === 'phase' && event.state === 'failed')).toHaveLength(1);
  });

  it('B04: ends before the next step when it is interrupted', async () => {
    const host = new FakeHost();
    const stop = new AbortController();
    const pull: Step = {
      name: 'pull',
      check: () => ({
        status: 'wait',
        for: 'nothing',
        wait: async () => stop.abort(new Error('interrupted')),
      }),
    };
    await expect(run(host, [phase('a', [], [pull, write('/a')])], stop.signal).result).rejects.toThrow(
      'interrupted',
    );
    expect(host.operations).toEqual([]);
  });

  it('refuses what an earlier phase should have resolved', async () => {
    const deferred: Verdict = { status: 'deferred', on: 'certs', why: 'no CA yet' };
    const { result } = run(new FakeHost(), [phase('a', [], [{ name: 's', check: () => deferred }])]);
    await expect(result).rejects.toMatchObject({ code: 'StepNotReady' });
  });

  it('refuses a graph that names a phase which is not before it', async () => {
    const { result } = run(new FakeHost(), [phase('a', ['b'], []), phase('b', [], [])]);
    await expect(result).rejects.toThrow('comes after b');
  });
});

describe('planning', () => {
  it('shows what a run would do, and does none of it', async () => {
    const host = new FakeHost();
    host.put('/a/1', 'x');
    const phases = [phase('a', [], [write('/a/1'), write('/a/2')])];
    const plan = await planPhases({ host, phases, context: {}, timeline: new Timeline() });
    expect(plan.phases[0]?.steps.map(({ status }) => status)).toEqual(['done', 'change']);
    expect(host.operations).toEqual([]);
  });
});
