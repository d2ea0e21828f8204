import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KubeObject } from '../../../src/kube/port.ts';
import { planDeletion } from '../../../src/objects/delete/options.ts';
import { duration } from '../../../src/objects/duration.ts';
import { age } from '../../../src/objects/get/age.ts';
import { quantity } from '../../../src/objects/get/quantity.ts';
import { sortBy } from '../../../src/objects/get/sort.ts';
import { LineJoiner } from '../../../src/objects/logs/lines.ts';
import { checkLogs, logQuery } from '../../../src/objects/logs/options.ts';
import { bestFirst } from '../../../src/objects/pods/best.ts';
import { chooseContainer, type Pod } from '../../../src/objects/pods/pod.ts';
import { podSelector } from '../../../src/objects/pods/selector.ts';
import { parseCondition } from '../../../src/objects/wait/conditions.ts';

it.each([
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['0', 0],
  ['-1s', -1000],
])('the duration %s', (text, ms) => expect(duration(text, 'timeout')).toBe(ms));

it.each(['', '5', 's', '1h x'])('%j is no duration', (text) => {
  expect(() => duration(text, 'timeout')).toThrow('--timeout');
});

it.each([
  [1, '1s'],
  [119, '119s'],
  [120, '2m'],
  [330, '5m30s'],
  [3600, '60m'],
  [3 * 3600 + 300, '3h5m'],
  [10 * 3600, '10h'],
  [50 * 3600, '2d2h'],
  [30 * 86_400, '30d'],
  [800 * 86_400, '2y70d'],
])('%d seconds ago is %s', (seconds, text) => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(age(new Date(now - seconds * 1000).toISOString(), now)).toBe(text);
});

it('quantities', () => {
  expect(['500m', '1Gi', '1e3', '10', 'web'].map(quantity)).toEqual([0.5, 2 ** 30, 1000, 10, undefined]);
});

it('sorts by what values mean, those without one first', () => {
  const items = [{ m: '1Gi' }, { m: '900Mi' }, {}, { m: '2' }];
  expect(sortBy(items, '.m', (item) => item)).toEqual([{}, { m: '2' }, { m: '900Mi' }, { m: '1Gi' }]);
  expect(() => sortBy(items, '.nope', (item) => item)).toThrow(`couldn't find any field with path "{.nope}"`);
});

const withStatus = (status: unknown, generation?: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name: 'x', generation },
  status,
});
const isMet = (text: string, object: KubeObject) => {
  const condition = parseCondition(text);
  return condition.kind === 'state' && condition.isMet(object);
};

it('conditions are compared without case, and not for an older generation', () => {
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  expect(isMet('condition=ready', withStatus(ready))).toBe(true);
  expect(isMet('condition=Ready=false', withStatus(ready))).toBe(false);
  expect(isMet('condition=Ready', withStatus({ ...ready, observedGeneration: 1 }, 2))).toBe(false);
  expect(isMet('condition=Ready', withStatus(undefined))).toBe(false);
});

it('paths may hold == in a filter', () => {
  const object = withStatus({ conditions: [{ type: 'Ready', status: 'True' }] });
  const path = '{.status.conditions[?(@.type=="Ready")].status}';
  expect(isMet(`jsonpath=${path}=True`, object)).toBe(true);
  expect(isMet(`jsonpath=${path}='False'`, object)).toBe(false);
  expect(isMet('jsonpath=.status.conditions', object)).toBe(true);
  expect(() => isMet('jsonpath={.status.conditions}=x', object)).toThrow('nested object or list');
  expect(() => parseCondition('jsonpath={.a}=')).toThrow('has to have a value');
  expect(() => parseCondition('ready')).toThrow('unrecognized condition: "ready"');
});

it('lines stay whole whatever the pieces they come in', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.nat(20)), (text, cuts) => {
      const bytes = Buffer.from(text);
      const joiner = new LineJoiner('> ');
      const out: Buffer[] = [];
      let from = 0;
      for (const cut of cuts) {
        out.push(joiner.add(bytes.subarray(from, from + cut)));
        from += cut;
      }
      out.push(joiner.add(bytes.subarray(from)), joiner.rest());
      expect(Buffer.concat(out).toString()).toBe(text.replaceAll(/(^|\n)(?=[\s\S])/g, '$1> '));
    }),
  );
});

const pod = (name: string, more: Partial<Pod> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    nodeName: 'w1',
    containers: [{ name: 'app' }, { name: 'side' }],
    initContainers: [{ name: 'setup' }],
  },
  status: { phase: 'Running' },
  ...more,
});

it('chooses the named, the annotated, or the first container, and says the last', () => {
  const notes: string[] = [];
  const note = (line: string) => void notes.push(line);
  expect(chooseContainer(pod('p'), 'setup', note)).toBe('setup');
  const annotations = { 'kubectl.kubernetes.io/default-container': 'side' };
  expect(chooseContainer(pod('p', { metadata: { name: 'p', annotations } }), undefined, note)).toBe('side');
  expect(notes).toEqual([]);
  expect(chooseContainer(pod('p'), undefined, note)).toBe('app');
  expect(notes).toEqual(['Defaulted container "app" out of: app, side, setup (init)']);
  expect(() => chooseContainer(pod('p'), 'x')).toThrow(
    'container x is not valid for pod p out of: app, side, setup (init)',
  );
});

it('prefers pods that run and are ready', () => {
  const ready = (time: string) => ({
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time }],
  });
  const pods = [
    pod('pending', { status: { phase: 'Pending' } }),
    pod('running'),
    pod('young', { status: ready('2026-01-03T00:00:00Z') }),
    pod('old', { status: ready('2026-01-02T00:00:00Z') }),
    pod('nowhere', { spec: { containers: [{ name: 'app' }] }, status: ready('2026-01-01T00:00:00Z') }),
  ];
  expect(bestFirst(pods, 'few').map(({ metadata }) => metadata.name)).toEqual([
    'old',
    'young',
    'running',
    'pending',
    'nowhere',
  ]);
});

it('selectors of workloads and Services', () => {
  const matchExpressions = [{ key: 'tier', operator: 'In', values: ['a', 'b'] }];
  const spec = { selector: { matchLabels: { app: 'web' }, matchExpressions } };
  expect(podSelector({ ...withStatus({}), kind: 'Deployment', spec })).toBe('app=web,tier in (a,b)');
  expect(podSelector({ ...withStatus({}), kind: 'Service', spec: { selector: { app: 'web' } } })).toBe(
    'app=web',
  );
  expect(() => podSelector(withStatus({}))).toThrow('x/x has no selector for pods');
});

it('log options as kubectl takes them', () => {
  const options = { words: ['p'], podTimeoutMs: 1 };
  expect(() => checkLogs({ ...options, words: [] })).toThrow('POD or TYPE/NAME is a required argument');
  expect(() => checkLogs({ ...options, selector: 'a=b' })).toThrow('only a selector (-l) or a POD name');
  expect(() => checkLogs({ ...options, allContainers: true, container: 'c' })).toThrow(
    '--all-containers=true',
  );
  expect(logQuery({ ...options, words: [], selector: 'a=b' }, 'c')).toMatchObject({ tailLines: 10 });
  expect(logQuery({ ...options, sinceMs: 1500, tail: -1 }, 'c')).toMatchObject({
    sinceSeconds: 2,
    container: 'c',
  });
});

it('grace periods: zero only with --force', () => {
  const notes: string[] = [];
  const output = { out: () => undefined, note: (line: string) => void notes.push(line) };
  const selection = { words: [], verb: 'delete', cwd: '/', stdin: process.stdin };
  const base = { selection, dryRun: 'none', wait: true, timeoutMs: 0 } as const;
  const grace = (more: object) => planDeletion({ ...base, ...more }, output).gracePeriodSeconds;
  expect([grace({}), grace({ now: true }), grace({ gracePeriod: 0 }), grace({ gracePeriod: 9 })]).toEqual([
    undefined,
    1,
    1,
    9,
  ]);
  expect(notes).toEqual([]);
  expect(grace({ force: true })).toBe(0);
  expect(notes[0]).toMatch(/^Warning: Immediate deletion does not wait/);
  expect(() => grace({ force: true, gracePeriod: 5 })).toThrow('cannot be specified together');
});
