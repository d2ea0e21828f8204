import { describe, expect, it } from 'vitest';
import { KubewrightError } from '../../../../src/base/errors.ts';
import { refuseMoved } from '../../../../src/cluster/plan/compare.ts';
import { type PlanDocument, planDocument } from '../../../../src/cluster/plan/document.ts';
import { planContents } from '../../../../src/cluster/plan/plan-cluster.ts';
import { readPlan } from '../../../../src/cluster/plan/read.ts';
import { undone } from '../../../../src/cluster/plan/undone.ts';
import { EXACT, type PlannedChange, sha256 } from '../../../../src/engine/changes.ts';
import { addContents } from '../../../../src/engine/contents.ts';
import type { StepPlan } from '../../../../src/engine/plan.ts';
import { clusterPorts } from '../../../fakes/cluster-ports.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';

const VERSION = '0.1.0';
const declaration = { source: 'cluster.yaml', text: 'kind: Cluster\n', pruneHosts: false };

function planOf(...steps: StepPlan[]): PlanDocument {
  const phases = [{ phase: 'host', title: 'Prepare the host', steps }];
  const hosts = [{ host: 'w1', node: 'w1', role: 'worker' as const, phases }];
  const about = { kubewright: VERSION, created: new Date('2026-01-01T00:00:00Z'), declaration };
  return planDocument({ cluster: 'staging', hosts, removed: [], kept: [] }, about);
}

const step = (name: string, ...changes: PlannedChange[]): StepPlan => ({
  step: name,
  status: 'change',
  summary: [],
  changes,
});
const later = (name: string, ...targets: string[]): StepPlan => ({
  step: name,
  status: 'deferred',
  summary: ['after it'],
  targets,
});
const file = (more: Partial<PlannedChange> = {}): PlannedChange => ({
  ...{ kind: 'file', action: 'update', target: '/etc/a' },
  ...{ before: 'sha256:old', after: 'sha256:new', mode: { before: '0644', after: '0644' } },
  ...more,
});

function failureOf(work: () => unknown): Pick<KubewrightError, 'code' | 'message' | 'hint' | 'exit'> {
  try {
    work();
  } catch (error) {
    if (error instanceof KubewrightError) {
      const { code, message, hint, exit } = error;
      return { code, message, hint, exit };
    }
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a saved plan', () => {
  const plan = planOf(step('a', file()));
  const text = JSON.stringify(plan);

  it('is read as it was made, however it is laid out', () => {
    expect(readPlan(JSON.stringify(plan, null, 7), 'plan.json', VERSION)).toEqual(plan);
    const turned = Object.fromEntries(Object.entries(plan).toReversed());
    expect(readPlan(JSON.stringify(turned), 'plan.json', VERSION)).toEqual(plan);
  });

  it.each([
    ['empty', ''],
    ['cut-off', text.slice(0, 200)],
    ['a-list', '[]'],
    ['a-cluster-file', JSON.stringify({ apiVersion: 'kubewright.dev/v1alpha1', kind: 'Cluster' })],
    ['of-a-later-format', text.replace('kubewright.dev/v1alpha1', 'kubewright.dev/v2')],
    ['of-another-version', text.replace(`"kubewright":"${VERSION}"`, '"kubewright":"0.0.9"')],
    ['edited-target', text.replace('/etc/a', '/etc/b')],
    ['edited-declaration', text.replace('kind: Cluster\\n', 'kind: Cluster\\n# and more\\n')],
    ['without-digest', text.replace(/,"digest":"[^"]*"/, '')],
  ])('is refused where it is %s', async (name, bad) => {
    const { exit, ...told } = failureOf(() => readPlan(bad, 'plan.json', VERSION));
    expect(exit).toBe(23);
    const shown = `${told.code}: ${told.message}\n${told.hint}\n`;
    await expect(shown).toMatchFileSnapshot(`../../../golden/plan-files/${name}.txt`);
  });
});

describe('a plan against what is there now', () => {
  const refused = (saved: PlanDocument, now: PlanDocument) =>
    failureOf(() => refuseMoved(saved, now)).message;

  it('holds while nothing moved, and where a part of it is done by now', () => {
    const saved = planOf(step('a', file()), step('b', file({ target: '/etc/b' })));
    expect(() => refuseMoved(saved, saved)).not.toThrow();
    expect(() => refuseMoved(saved, planOf(step('b', file({ target: '/etc/b' }))))).not.toThrow();
    expect(() => refuseMoved(saved, planOf())).not.toThrow();
  });

  it('does not hold where a file has other bytes, another mode or another owner by now', () => {
    const saved = planOf(step('a', file()));
    expect(refused(saved, planOf(step('a', file({ before: 'sha256:other' }))))).toBe(
      'Since the plan of staging was made, w1 moved; nothing was changed:\n- w1: /etc/a: expected sha256:old, found sha256:other',
    );
    expect(refused(saved, planOf(step('a', file({ mode: { before: '0666', after: '0644' } }))))).toContain(
      'expected mode 0644, owner 0:0, found mode 0666',
    );
    expect(refused(saved, planOf(step('a', file({ owner: { before: '7:7', after: '0:0' } }))))).toContain(
      'found mode 0644, owner 7:7',
    );
    const { before: _, ...gone } = file({ action: 'create' });
    expect(refused(saved, planOf(step('a', gone)))).toContain('/etc/a: expected sha256:old, found absent');
  });

  it('does not hold where more would change than it has, or something else', () => {
    const saved = planOf(step('a', file()));
    expect(refused(saved, planOf(step('a', file()), step('b', file({ target: '/etc/b' }))))).toContain(
      '/etc/b: expected no change there, found update from sha256:old to sha256:new',
    );
    expect(refused(saved, planOf(step('a', file({ after: 'sha256:else' }))))).toContain(
      'expected to become sha256:new, found to become sha256:else',
    );
  });

  it('bounds what could not be decided by the names that it may come to', () => {
    const saved = planOf(later('a', '/etc/a'));
    expect(() => refuseMoved(saved, planOf(step('a', file())))).not.toThrow();
    expect(refused(saved, planOf(step('a', file({ target: '/etc/shadow' }))))).toContain(
      '/etc/shadow: expected no change there',
    );
    expect(refused(planOf(step('a', file())), planOf(later('a')))).toContain('host/a: expected');
  });

  // A run that was cut between enabling and starting a unit was not finished by the same command.
  it('takes the start of a unit for its restart, and no stop for either', () => {
    const unit = (action: PlannedChange['action']) =>
      planOf(step('u', { kind: 'unit', action, target: 'kubelet.service' }));
    for (const action of ['enable', 'start', 'restart'] as const)
      expect(() => refuseMoved(unit('enable'), unit(action))).not.toThrow();
    expect(refused(unit('start'), unit('stop'))).toContain('kubelet.service: expected start, found stop');
  });

  it('does not compare fingerprints whose key is gone', () => {
    const secret = (before: string) => planOf(step('a', file({ secret: true, before, after: before })));
    expect(() => refuseMoved(secret('once:1'), secret('once:2'))).not.toThrow();
    expect(() => refuseMoved(secret('fingerprint:1'), secret('fingerprint:2'))).toThrow('moved');
  });
});

// It ended with exit code 0 and `as the plan says`, and the password of the plan was nowhere.
describe('what a plan has and is not done, though nothing would change any more', () => {
  const key = 'the key of the host';
  const of = async (wanted: string, there?: string) => {
    const host = new FakeHost('w1');
    host.onRun = () => ({ stdout: key });
    const change = file({ action: 'write', secret: true, after: '', [EXACT]: { after: sha256(wanted) } });
    await addContents(host, [{ change }], planContents);
    if (there !== undefined) host.put('/etc/a', there);
    const ports = clusterPorts(async () => host);
    return undone(ports, planOf(step('a', change)), planOf(), planContents);
  };

  it('is found by the bytes that are there', async () => {
    expect(await of('new', 'new')).toEqual([]);
    const mark = expect.stringMatching(/fingerprint:[0-9a-f]{32}$/);
    expect(await of('new', 'old')).toEqual([{ host: 'w1', target: '/etc/a', expected: mark, found: mark }]);
    expect(await of('new')).toMatchObject([{ target: '/etc/a', found: 'absent' }]);
  });

  it('is not looked for where the plan made again has that file, or decides it later', async () => {
    const ports = clusterPorts(async () => new FakeHost('w1'));
    const saved = planOf(step('a', file()));
    expect(await undone(ports, saved, planOf(step('b', file())), planContents)).toEqual([]);
    expect(await undone(ports, saved, planOf(later('a', '/etc/a')), planContents)).toEqual([]);
    expect(await undone(ports, saved, planOf(), planContents)).toMatchObject([{ found: 'absent' }]);
  });

  it('is told as what moved', () => {
    const left = [{ host: 'w1', target: '/etc/a', expected: 'to become sha256:new', found: 'sha256:old' }];
    expect(failureOf(() => refuseMoved(planOf(step('a', file())), planOf(), left))).toMatchObject({
      code: 'PlanMoved',
      exit: 27,
      message: expect.stringContaining('- w1: /etc/a: expected to become sha256:new, found sha256:old'),
    });
  });
});
