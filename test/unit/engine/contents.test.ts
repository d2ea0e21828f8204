import { describe, expect, it } from 'vitest';
import { fileStep } from '../../../src/cluster/steps/file.ts';
import type { Phase } from '../../../src/engine/phase.ts';
import { planPhases } from '../../../src/engine/planner.ts';
import { change, type Step } from '../../../src/engine/step.ts';
import { Timeline } from '../../../src/engine/timeline.ts';
import { FakeHost } from '../../fakes/fake-host.ts';

const phase = (steps: Step[]): Phase<object> => ({ name: 'p', title: 'P', after: [], steps: () => steps });

async function filesOf(host: FakeHost, ...steps: Step[]) {
  const common = { host, phases: [phase(steps)], context: {}, timeline: new Timeline() };
  const plan = await planPhases({ ...common, contents: true });
  return plan.phases[0]!.steps.flatMap(({ files }) => files ?? []);
}

describe('a plan with contents', () => {
  it('has both sides of what is written, and nothing of what is in place', async () => {
    const host = new FakeHost();
    host.put('/etc/a', 'old\n');
    host.put('/etc/same', 'same\n');
    const file = (path: string, content: string) => fileStep(path.slice(5), { path, mode: 0o644, content });
    const files = await filesOf(
      host,
      file('/etc/a', 'new\n'),
      file('/etc/same', 'same\n'),
      file('/etc/b', 'b\n'),
    );
    expect(files).toEqual([
      { path: '/etc/a', secret: false, before: 'old\n', after: 'new\n' },
      { path: '/etc/b', secret: false, before: undefined, after: 'b\n' },
    ]);
    expect(host.operations).toEqual([]);
  });

  it('shows a secret only by a fingerprint, which tells a change and is another one in the next plan', async () => {
    const host = new FakeHost();
    host.put('/etc/key', 'hunter2', 0o600);
    const step = fileStep('key', { path: '/etc/key', mode: 0o600, content: 'hunter3', secret: true });
    const [first] = await filesOf(host, step);
    const [again] = await filesOf(host, step);
    expect(JSON.stringify([first, again])).not.toMatch(/hunter/);
    expect(first).toMatchObject({
      secret: true,
      before: expect.stringMatching(/^secret, 7 bytes, fingerprint/),
    });
    expect(first!.before).not.toBe(first!.after);
    expect(first!.before).not.toBe(again!.before);
  });

  it('does not show what a file held that is taken away', async () => {
    const host = new FakeHost();
    host.put('/etc/gone', 'hunter2');
    const step: Step = {
      name: 'gone',
      check: () => change('remove', [{ kind: 'remove', path: '/etc/gone' }]),
    };
    const [file] = await filesOf(host, step);
    expect(file).toMatchObject({ path: '/etc/gone', secret: true, after: undefined });
    expect(file!.before).not.toContain('hunter2');
  });

  it('makes nothing in order to show it: what is generated when it is carried out is not known', async () => {
    const step: Step = {
      name: 'key',
      check: () => ({
        status: 'change',
        summary: ['issue a key'],
        change: {
          kind: 'operations',
          operations: () => {
            throw new Error('a plan holds no key');
          },
        },
      }),
    };
    expect(await filesOf(new FakeHost(), step)).toEqual([]);
  });
});
