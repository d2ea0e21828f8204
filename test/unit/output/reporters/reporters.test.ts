import { PassThrough } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import type { Event } from '../../../../src/output/events.ts';
import { chooseReporter } from '../../../../src/output/reporters/choose.ts';
import { liveReporter } from '../../../../src/output/reporters/live.ts';
import { ndjsonReporter } from '../../../../src/output/reporters/ndjson.ts';
import { plainReporter } from '../../../../src/output/reporters/plain.ts';
import { draw, emptyScreen, note } from '../../../../src/output/reporters/screen.ts';
import { paint } from '../../../../src/output/reporters/text.ts';

/** A run as it was recorded: milliseconds, event. */
const RUN: [number, Event][] = [
  [0, { type: 'run', state: 'started', command: 'init', hosts: ['cp1', 'w1'] }],
  [0, { type: 'message', level: 'warning', text: 'cgroup v1', host: 'cp1' }],
  [0, { type: 'phase', state: 'started', host: 'cp1', phase: 'certs', title: 'Certificates' }],
  [100, { type: 'phase', state: 'started', host: 'w1', phase: 'images', title: 'Images' }],
  [200, { type: 'progress', id: 'i', label: 'images', host: 'w1', done: 0, total: 2e8, unit: 'bytes' }],
  [
    300,
    {
      type: 'step',
      state: 'changed',
      host: 'cp1',
      phase: 'certs',
      step: 'ca',
      detail: 'write /pki/ca.crt (0644)',
    },
  ],
  [4200, { type: 'progress', id: 'i', label: 'images', host: 'w1', done: 5e7, total: 2e8, unit: 'bytes' }],
  [4300, { type: 'waiting', id: 'api', host: 'cp1', for: 'the API server', seen: '503' }],
];
const END: [number, Event][] = [
  [12_300, { type: 'waiting', id: 'api', host: 'cp1', for: 'the API server', finished: true }],
  [
    12_300,
    {
      type: 'progress',
      id: 'i',
      label: 'images',
      host: 'w1',
      done: 2e8,
      total: 2e8,
      unit: 'bytes',
      finished: true,
    },
  ],
  [
    12_400,
    {
      type: 'phase',
      state: 'finished',
      host: 'cp1',
      phase: 'certs',
      title: 'Certificates',
      changed: 1,
      seconds: 12.4,
    },
  ],
  [12_500, { type: 'phase', state: 'failed', host: 'w1', phase: 'images', title: 'Images' }],
  [
    75_000,
    {
      type: 'timing',
      total: 75,
      spans: [
        { name: 'inspect', host: 'cp1', start: 0, seconds: 0.1 },
        { name: 'certs', host: 'cp1', start: 0.1, seconds: 12.4 },
      ],
      critical: {
        path: [
          { name: 'inspect', host: 'cp1', start: 0, seconds: 0.1 },
          { name: 'certs', host: 'cp1', start: 0.1, seconds: 12.4 },
        ],
        idle: 62.5,
        waiting: 8,
      },
    },
  ],
];

function player() {
  let now = 0;
  const out = Object.assign(new PassThrough(), { columns: 70, rows: 24 });
  const chunks: string[] = [];
  out.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return {
    out,
    clock: () => now,
    colours: paint(false),
    text: () => chunks.join(''),
    play: (reporter: { emit(event: Event): void }, events: [number, Event][]) => {
      for (const [at, event] of events) {
        now = at;
        reporter.emit(event);
      }
    },
  };
}

test('plain: a line for what changed, for long work at its start and end, and the breakdown', () => {
  const stage = player();
  stage.play(plainReporter(stage), [...RUN, ...END]);
  expect(stage.text()).toBe(
    [
      'Warning: cp1: cgroup v1',
      '0.2s w1 images  0 kB of 200.0 MB',
      '0.3s cp1 certs  write /pki/ca.crt (0644)',
      '4.3s cp1 the API server  waiting (503)',
      '12.3s cp1 the API server  came after 8.0s',
      '12.3s w1 images  done',
      '12.4s cp1 certs  done (12.4s, 1 changed)',
      '12.5s w1 images  failed',
      '1m15s in all; critical path (8.0s waiting, 1m03s idle):',
      '  cp1 inspect  0.1s  from 0.0s',
      '  cp1 certs    12.4s  from 0.1s',
      '',
    ].join('\n'),
  );
});

test('plain: long work is told again every ten seconds, no more often', () => {
  const stage = player();
  const at = (done: number): Event => ({
    type: 'progress',
    id: 'b',
    label: 'build',
    done,
    total: 100,
    unit: 'items',
  });
  const events = Array.from({ length: 26 }, (_, second): [number, Event] => [second * 1000, at(second)]);
  stage.play(plainReporter(stage), events);
  expect(stage.text().trim().split('\n')).toEqual([
    '0.0s build  0 of 100',
    '10.0s build  10 of 100, about 1m30s left',
    '20.0s build  20 of 100, about 1m20s left',
  ]);
});

test('ndjson: the events as they are', () => {
  const stage = player();
  stage.play(ndjsonReporter(stage.out), RUN);
  const lines = stage.text().trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(RUN.map(([, event]) => event));
});

test('live: what is under way, a block a host', () => {
  const screen = emptyScreen();
  for (const [at, event] of RUN) note(screen, event, at);
  const view = { now: 5000, columns: 70, rows: 24, colours: paint(false) };
  expect(draw(screen, view)).toEqual([
    'cp1',
    '  ⠋ Certificates  write /pki/ca.crt (0644)  5.0s',
    '  ⠋ waiting for the API server  503  0.7s',
    'w1',
    '  ⠋ Images  4.9s',
    '    █████░░░░░░░░░░░░░░░ images  50.0 MB of 200.0 MB, about 14s left',
  ]);
});

describe('live: never wider or higher than the terminal', () => {
  test.each([20, 40, 70, 200])('%i columns', (columns) => {
    const screen = emptyScreen();
    for (const [at, event] of RUN) note(screen, event, at);
    const detail = `write ${'/long'.repeat(60)}`;
    note(screen, { type: 'step', state: 'changed', host: 'cp1', phase: 'certs', step: 'x', detail }, 5000);
    for (const line of draw(screen, { now: 5000, columns, rows: 24, colours: paint(false) }))
      expect([...line].length, line).toBeLessThan(columns);
  });

  test('rows', () => {
    const screen = emptyScreen();
    for (let host = 0; host < 30; host++)
      note(screen, { type: 'phase', state: 'started', host: `w${host}`, phase: 'p', title: 'P' }, 0);
    const lines = draw(screen, { now: 0, columns: 80, rows: 10, colours: paint(false) });
    expect(lines).toHaveLength(9);
    expect(lines.at(-1)).toContain('52 more');
  });
});

test('live: what ended stays as lines', () => {
  const stage = player();
  const reporter = liveReporter({ ...stage, verbose: false });
  stage.play(reporter, [...RUN, ...END]);
  reporter.close();
  expect(stage.text()).toContain('✓ cp1  Certificates  12.4s, 1 changed\n');
  expect(stage.text()).toContain('✗ w1  Images  failed\n');
});

test('live: redrawn while something is under way; the cursor is shown again at the end', async () => {
  const stage = player();
  const reporter = liveReporter({ ...stage, verbose: false });
  stage.play(reporter, RUN);
  await vi.waitFor(() => expect(stage.text()).toContain('\u001b[?25l'), 5000);
  expect(stage.text()).toContain(' waiting for the API server');
  reporter.close();
  const cursor = stage.text().match(/\u001b\[\?25[lh]/g);
  expect(cursor?.at(-1)).toBe('\u001b[?25h');
});

test('live: events wait while a question is asked', () => {
  const stage = player();
  const reporter = liveReporter({ ...stage, verbose: false });
  const release = reporter.hold();
  reporter.emit({ type: 'message', level: 'info', text: 'later' });
  expect(stage.text()).toBe('');
  release();
  expect(stage.text()).toBe('later\n');
});

test('B60: escape sequences of a host do not reach the terminal', () => {
  const stage = player();
  plainReporter(stage).emit({ type: 'message', level: 'info', text: 'a\u001b[2Jb\u009bc' });
  expect(stage.text()).toBe('a [2Jb c\n');
});

describe('choice', () => {
  const choose = (format: string, stderr: object, env: Record<string, string>) => {
    const [out, err] = [player(), Object.assign(new PassThrough(), stderr)];
    const chunks: string[] = [];
    err.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    const reporter = chooseReporter({ format, stdout: out.out, stderr: err, env });
    reporter.emit({ type: 'message', level: 'warning', text: 'w' });
    reporter.close();
    return { stdout: out.text(), stderr: chunks.join('') };
  };

  test('results alone go to stdout', () => {
    expect(choose('json', {}, {})).toEqual({ stdout: '', stderr: 'Warning: w\n' });
  });
  test('ndjson goes to stdout', () => {
    expect(choose('ndjson', { isTTY: true }, {}).stdout).toMatch(/^\{.*\}\n$/);
  });
  test('colour on a terminal, none with NO_COLOR', () => {
    expect(choose('', { isTTY: true }, {}).stderr).toContain('\u001b[33m');
    expect(choose('', { isTTY: true }, { NO_COLOR: '1' }).stderr).toBe('Warning: w\n');
  });
});
