import { expect, test } from 'vitest';
import { type Contender, ownTimeline } from '../../bench/contenders.ts';
import { criticalPathTable, idleTable, markedSpans } from '../../bench/control-planes-report.ts';
import type { Run } from '../../bench/measured.ts';
import { ratioTable } from '../../bench/report.ts';

const path = [
  { name: 'connect', start: 0, seconds: 0.01 },
  { name: 'etcd-join', host: 'cp2', start: 2, seconds: 3 },
];

function run(contender: Contender, end: number, idle = 1): Run {
  const ended = { exit: 0, seconds: end + 2, lines: [], cpuSeconds: 1 };
  const timeline = { at: 0.5, total: end + 1, critical: { path, idle, waiting: 2 } };
  return {
    contender,
    attempt: { ...ended, spans: [], ...(contender === 'kubewright' ? { timeline } : {}) },
    probe: { end, seen: {} },
    hostCpuSeconds: 10,
  };
}

test('the ratio is of the medians', () => {
  const runs = [
    run('kubewright', 7),
    run('kubewright', 6),
    run('kubewright', 20),
    run('kubeadm', 10),
    run('kubeadm', 14),
    run('kubeadm', 13),
  ];
  const [, row] = ratioTable(runs, ['ours', 'theirs'], [['end', ({ probe }) => probe.end]]).split('\n');
  expect(row?.split(/ {2,}/)).toEqual(['end', '7.00 (6.00–20.00)', '13.00 (10.00–14.00)', '0.54']);
});

test('idle time is told in seconds and as a share of the command; the peer has none', () => {
  const rows = idleTable([run('kubewright', 8, 1), run('kubewright', 18, 3), run('kubeadm', 9)]).split('\n');
  expect(rows[1]?.split(/ {2,}/)).toEqual([
    'idle on the critical path',
    '2.00 (1.00–3.00)',
    '12.50 (10.00–15.00)',
  ]);
  expect(rows[4]?.split(/ {2,}/).slice(1)).toEqual(['0.50 (0.50–0.50)', '3.75 (2.50–5.00)']);
});

test('the critical path is that of the run in the middle, counted from the start of the command', () => {
  const text = criticalPathTable([run('kubeadm', 1), run('kubewright', 8)]);
  expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ["kubewright's critical path, one run", 'from', 'seconds'],
    ['cp2 etcd-join', '2.50', '3.00'],
  ]);
  expect(criticalPathTable([run('kubeadm', 1)])).toMatch(/no critical path/);
});

test('parts of the peer’s script are spans, however they overlap; what did not end is none', () => {
  const line = (at: number, text: string, stream: 'stdout' | 'stderr' = 'stderr') => ({ at, text, stream });
  const lines = [
    line(1, '@ begin cp1 runtime'),
    line(1.5, '@ begin cp2 runtime'),
    line(2, '@ end cp2 runtime', 'stdout'),
    line(3, '@ end cp1 runtime'),
    line(4, '@ end cp2 runtime'),
    line(5, '@ begin cp1 init'),
    line(6, '@ end cp3 join'),
  ];
  expect(markedSpans({ lines })).toEqual([
    { name: 'cp1 runtime', start: 1, seconds: 2 },
    { name: 'cp2 runtime', start: 1.5, seconds: 2.5 },
  ]);
});

test('spans of several hosts have their names, and start where the command does', () => {
  const spans = [
    { name: 'preflight', start: 0, seconds: 1 },
    { name: 'certs', host: 'cp1', start: 1, seconds: 1 },
    { name: 'certs', host: 'cp2', start: 1, seconds: 2 },
  ];
  const critical = { path: [], idle: 0, waiting: 0 };
  const timing = (of: object[]) => ({
    ...{ exit: 0, seconds: 5, cpuSeconds: 1 },
    lines: [
      {
        at: 4,
        text: JSON.stringify({ type: 'timing', total: 3, spans: of, critical }),
        stream: 'stdout' as const,
      },
    ],
  });
  const found = ownTimeline(timing(spans));
  expect(found.timeline).toEqual({ at: 1, total: 3, critical });
  expect(found.spans.map(({ name, start }) => `${name} ${start}`)).toEqual([
    'start of the process 0',
    'preflight 1',
    'cp1 certs 2',
    'cp2 certs 2',
    'kubeconfig, unlock, exit 4',
  ]);
  const alone = ownTimeline(timing(spans.slice(0, 2))).spans.map(({ name }) => name);
  expect(alone).toContain('certs');
  expect(ownTimeline({ ...timing(spans), lines: [] })).toEqual({ spans: [] });
});
