import { describe, expect, it } from 'vitest';
import { fileStep } from '../../../src/cluster/steps/file.ts';
import { PlanGuard } from '../../../src/engine/guard.ts';
import type { Phase } from '../../../src/engine/phase.ts';
import { planPhases } from '../../../src/engine/planner.ts';
import { runPhases } from '../../../src/engine/runner.ts';
import { change, type Step } from '../../../src/engine/step.ts';
import { Timeline } from '../../../src/engine/timeline.ts';
import { silent } from '../../../src/output/events.ts';
import { FakeHost } from '../../fakes/fake-host.ts';

const phaseOf = (steps: Step[]): Phase<object> => ({ name: 'p', title: 'P', after: [], steps: () => steps });
const file = (content: string, path = '/etc/a') => fileStep('a', { path, mode: 0o644, content });

async function planned(host: FakeHost, ...steps: Step[]) {
  const common = { host, phases: [phaseOf(steps)], context: {}, timeline: new Timeline() };
  return new PlanGuard([await planPhases({ ...common, contents: { keyCommand: ['key'] } })]);
}

function run(host: FakeHost, guard: PlanGuard, ...steps: Step[]) {
  const common = { host, phases: [phaseOf(steps)], context: {}, timeline: new Timeline() };
  return runPhases({ ...common, guard, reporter: silent, signal: new AbortController().signal });
}

const moved = (message: RegExp) => ({ code: 'PlanMoved', exit: 27, message: expect.stringMatching(message) });

describe('a run under a plan', () => {
  it('does what the plan has', async () => {
    const host = new FakeHost();
    host.put('/etc/a', 'old');
    const guard = await planned(host, file('new'));
    expect(await run(host, guard, file('new'))).toMatchObject({ changed: 1 });
    expect(host.text('/etc/a')).toBe('new');
  });

  it('stops at a step that the plan does not have', async () => {
    const host = new FakeHost();
    const guard = await planned(host);
    await expect(run(host, guard, file('new'))).rejects.toMatchObject(
      moved(/p\/a on fake would change something/),
    );
    expect(host.operations).toEqual([]);
  });

  it('stops at other bytes, and at another path, than the plan has for the step', async () => {
    const host = new FakeHost();
    const guard = await planned(host, file('new'));
    await expect(run(host, guard, file('newer'))).rejects.toMatchObject(
      moved(/expected sha256:.*, found sha256:/),
    );
    await expect(run(host, guard, file('new', '/etc/shadow'))).rejects.toMatchObject(
      moved(/would change \/etc\/shadow/),
    );
    expect(host.operations).toEqual([]);
  });

  it('stops at a file that moved after the plan was checked, and leaves that one as it is', async () => {
    const host = new FakeHost();
    host.put('/etc/a', 'old');
    const guard = await planned(host, file('new'));
    host.put('/etc/a', 'of another hand');
    await expect(run(host, guard, file('new'))).rejects.toMatchObject({ code: 'PlanMoved', exit: 27 });
    expect(host.text('/etc/a')).toBe('of another hand');
  });

  it('stops at a file that was not there, where it generates one', async () => {
    const host = new FakeHost();
    const generating: Step = {
      name: 'a',
      check: () => ({
        status: 'change',
        summary: ['make a key'],
        change: {
          kind: 'operations',
          operations: () => [{ kind: 'write', path: '/etc/k', mode: 0o600, content: 'k' }],
        },
        announce: [{ kind: 'key', action: 'issue', target: '/etc/k', generated: { what: 'a new key' } }],
      }),
    };
    const guard = await planned(host, generating);
    host.put('/etc/k', 'a key that came meanwhile');
    await expect(run(host, guard, generating)).rejects.toMatchObject({ code: 'PlanMoved' });
    expect(host.text('/etc/k')).toBe('a key that came meanwhile');
  });

  it('holds a command to its words, and a unit to its action', async () => {
    const host = new FakeHost();
    const command = (word: string): Step => ({
      name: 'a',
      check: () => change(word, [{ kind: 'run', argv: ['touch', word] }]),
    });
    const guard = await planned(host, command('/x'));
    await expect(run(host, guard, command('/y'))).rejects.toMatchObject({ code: 'PlanMoved' });
    await run(host, guard, command('/x'));
    const unit = (action: 'stop' | 'restart'): Step => ({
      name: 'a',
      check: () => change('u', [{ kind: 'unit', name: 'u', action }]),
    });
    host.units.set('u', { active: 'active', enabled: 'enabled' });
    const other = await planned(host, unit('restart'));
    await expect(run(host, other, unit('stop'))).rejects.toMatchObject({ code: 'PlanMoved' });
  });

  it('lets a step that was to be decided later come to no other path than was said', async () => {
    const host = new FakeHost();
    const deferred: Step = {
      name: 'a',
      check: () => ({ status: 'deferred', on: 'it', why: 'not yet', targets: ['/etc/a'] }),
    };
    const guard = await planned(host, deferred);
    await expect(run(host, guard, file('x', '/etc/b'))).rejects.toMatchObject({ code: 'PlanMoved' });
    await run(host, guard, file('x'));
    expect(host.text('/etc/a')).toBe('x');
  });

  it('holds what is done elsewhere to the objects that were told, as they were', async () => {
    const host = new FakeHost();
    const done: string[] = [];
    const object = (before: string, after: string): Step => ({
      name: 'a',
      check: () => ({
        status: 'change',
        summary: ['apply'],
        announce: [{ kind: 'object', action: 'update', target: 'ConfigMap a/b', before, after }],
        change: { kind: 'action', permanent: 'a test', run: async () => void done.push(after) },
      }),
    });
    const guard = await planned(host, object('1', '2'));
    await expect(run(host, guard, object('1', '3'))).rejects.toMatchObject(moved(/ConfigMap a\/b on fake/));
    await expect(run(host, guard, object('0', '2'))).rejects.toMatchObject(moved(/expected 1, found 0/));
    await run(host, guard, object('1', '2'));
    expect(done).toEqual(['2']);
  });
});
