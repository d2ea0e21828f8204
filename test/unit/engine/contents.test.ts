import { describe, expect, it } from 'vitest';
import { fileStep } from '../../../src/cluster/steps/file.ts';
import { unitStep } from '../../../src/cluster/steps/unit.ts';
import { sha256 } from '../../../src/engine/changes.ts';
import type { Phase } from '../../../src/engine/phase.ts';
import { planPhases } from '../../../src/engine/planner.ts';
import { change, type Step } from '../../../src/engine/step.ts';
import { Timeline } from '../../../src/engine/timeline.ts';
import { FakeHost } from '../../fakes/fake-host.ts';

const phase = (steps: Step[]): Phase<object> => ({ name: 'p', title: 'P', after: [], steps: () => steps });

const KEY = ['host-key'];

async function changesOf(host: FakeHost, ...steps: Step[]) {
  const common = { host, phases: [phase(steps)], context: {}, timeline: new Timeline() };
  const plan = await planPhases({ ...common, contents: { keyCommand: KEY } });
  return plan.phases[0]!.steps.flatMap(({ changes }) => changes ?? []);
}

const text = (value: unknown) => JSON.stringify(value);

describe('a plan with contents', () => {
  it('has both sides of what is written, and nothing of what is in place', async () => {
    const host = new FakeHost();
    host.put('/etc/a', 'old\n', 0o600);
    host.put('/etc/same', 'same\n');
    const file = (path: string, content: string) => fileStep(path.slice(5), { path, mode: 0o644, content });
    const [a, b, ...others] = await changesOf(
      host,
      file('/etc/a', 'new\n'),
      file('/etc/same', 'same\n'),
      file('/etc/b', 'b\n'),
    );
    expect(others).toEqual([]);
    expect(a).toMatchObject({
      kind: 'file',
      action: 'update',
      target: '/etc/a',
      mode: { before: '0600', after: '0644' },
      before: `sha256:${sha256('old\n')}`,
      after: `sha256:${sha256('new\n')}`,
      diff: '--- /etc/a\n+++ /etc/a\n@@ -1,1 +1,1 @@\n-old\n+new\n',
    });
    expect(b).toMatchObject({ action: 'create', target: '/etc/b', diff: expect.stringContaining('+b\n') });
    expect(b).not.toHaveProperty('before');
    expect(host.operations).toEqual([]);
    // Facts apart: one look for the steps, one for what was before.
    expect(host.roundTrips).toBe(2);
  });

  it('shows a secret only by a fingerprint under a key of its host, the same in the next plan', async () => {
    const host = new FakeHost();
    host.put('/etc/key', 'hunter2', 0o600);
    host.onRun = (argv) => (argv === KEY ? { stdout: 'only root knows\n' } : {});
    const step = fileStep('key', { path: '/etc/key', mode: 0o600, content: 'hunter3', secret: true });
    const [first] = await changesOf(host, step);
    const [again] = await changesOf(host, step);
    expect(text([first, again])).not.toMatch(/hunter|only root|[0-9a-f]{64}/);
    expect(first).toMatchObject({ secret: true, before: expect.stringMatching(/^fingerprint:/) });
    expect(first!.before).not.toBe(first!.after);
    expect(again).toEqual(first);
    host.onRun = (argv) => (argv === KEY ? { stdout: 'another host\n' } : {});
    expect((await changesOf(host, step))[0]!.before).not.toBe(first!.before);
  });

  it('marks fingerprints that hold for one plan, where the host has no key for them', async () => {
    const host = new FakeHost();
    host.put('/etc/key', 'hunter2', 0o600);
    const step = fileStep('key', { path: '/etc/key', mode: 0o600, content: 'hunter3', secret: true });
    const [first] = await changesOf(host, step);
    const [again] = await changesOf(host, step);
    expect(first!.before).toMatch(/^once:/);
    expect(again!.before).not.toBe(first!.before);
  });

  it('does not show what a file held that is taken away', async () => {
    const host = new FakeHost();
    host.put('/etc/gone', 'hunter2');
    const step: Step = {
      name: 'gone',
      check: () => change('remove', [{ kind: 'remove', path: '/etc/gone' }]),
    };
    const [file] = await changesOf(host, step);
    expect(file).toMatchObject({ action: 'delete', target: '/etc/gone' });
    expect(text(file)).not.toContain('hunter2');
    expect(text(file)).not.toContain(sha256('hunter2'));
  });

  it('makes nothing in order to show it: what is generated when it is carried out is told in words', async () => {
    const step: Step = {
      name: 'key',
      check: () => ({
        status: 'change',
        summary: ['issue a key'],
        announce: [{ kind: 'key', action: 'issue', target: '/etc/k.key', generated: { what: 'a new key' } }],
        change: {
          kind: 'operations',
          operations: () => {
            throw new Error('a plan holds no key');
          },
        },
      }),
    };
    const [key] = await changesOf(new FakeHost(), step);
    expect(key).toMatchObject({ target: '/etc/k.key', generated: { what: 'a new key' } });
  });

  it('tells that a unit is started anew because of a file that is to change', async () => {
    const host = new FakeHost();
    host.units.set('a.service', { active: 'active', enabled: 'enabled' });
    host.onRun = (argv) =>
      argv[0] === 'systemctl'
        ? { stdout: 'ActiveEnterTimestampMonotonic=9000000\nNeedDaemonReload=no\n' }
        : {};
    host.put('/etc/a.conf', 'old');
    const file = (content: string) => fileStep('conf', { path: '/etc/a.conf', mode: 0o644, content });
    const unit = unitStep('a.service', ['/etc/a.conf'], host.facts);
    expect(await changesOf(host, file('old'), unit)).toEqual([]);
    const [, restart] = await changesOf(host, file('new'), unit);
    expect(restart).toMatchObject({
      kind: 'unit',
      action: 'restart',
      target: 'a.service',
      before: 'active enabled',
    });
  });
});
