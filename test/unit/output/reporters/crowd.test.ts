import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../../src/output/events.ts';
import { liveReporter } from '../../../../src/output/reporters/live.ts';
import { plainReporter } from '../../../../src/output/reporters/plain.ts';
import { draw, emptyScreen, note } from '../../../../src/output/reporters/screen.ts';
import { paint } from '../../../../src/output/reporters/text.ts';

const names = Array.from({ length: 100 }, (_, index) => `h${index + 1}`);
const host = (name: string, state: 'waiting' | 'working' | 'done' | 'failed', reason?: string): Event => ({
  type: 'host',
  host: name,
  state,
  ...(reason ? { reason } : {}),
});
const images = (name: string): Event => ({
  type: 'phase',
  state: 'started',
  host: name,
  phase: 'images',
  title: 'Bring images',
});

/** A hundred hosts: 40 done, 3 failed, 30 at work, of which h50 is the slowest, and the rest. */
function hundred(): [number, Event][] {
  const at = (time: number, events: Event[]) => events.map((event): [number, Event] => [time, event]);
  return [
    ...at(
      0,
      names.map((name) => host(name, 'waiting')),
    ),
    ...at(
      100,
      names.slice(0, 43).map((name) => host(name, 'working')),
    ),
    ...at(
      5000,
      names.slice(0, 40).map((name) => host(name, 'done')),
    ),
    ...at(
      6000,
      names.slice(40, 43).map((name) => host(name, 'failed', `${name} refused our keys`)),
    ),
    [7000, host('h50', 'working')],
    [7000, images('h50')],
    [7500, { type: 'progress', id: 'i', host: 'h50', label: 'images', done: 5e6, total: 2e7, unit: 'bytes' }],
    ...at(
      9000,
      names.slice(50, 79).map((name) => host(name, 'working')),
    ),
    [9000, { type: 'waiting', id: 'w', host: 'h51', for: 'node h51 to be Ready' }],
  ];
}

function frame(events: [number, Event][], view: { now: number; columns?: number; rows?: number }): string[] {
  const screen = emptyScreen();
  for (const [at, event] of events) note(screen, event, at);
  return draw(screen, { columns: 60, rows: 40, colours: paint(false), ...view });
}

describe('a hundred hosts on a terminal', () => {
  it('are counts, what failed, what is slow, and a number for the rest', () => {
    expect(frame(hundred(), { now: 12_000 })).toEqual([
      '100 hosts: 40 done, 3 failed, 30 working, 27 waiting',
      '  ✗ h43  h43 refused our keys',
      '  ✗ h42  h42 refused our keys',
      '  ✗ h41  h41 refused our keys',
      '  ⠋ h50  Bring images  5.0 MB of 20.0 MB  5.0s',
      '  ⠋ h51  waiting for node h51 to be Ready  3.0s',
      '  ⠋ h52  connecting  3.0s',
      '  ⠋ h53  connecting  3.0s',
      '  ⠋ h54  connecting  3.0s',
      '  ⠋ h55  connecting  3.0s',
      '  ⠋ h56  connecting  3.0s',
      '  ⠋ h57  connecting  3.0s',
      '  ⠋ h58  connecting  3.0s',
      '  … 21 more',
    ]);
  });

  it.each([2, 3, 5, 24, 200])('never take more than %i rows, nor more than 14', (rows) => {
    const lines = frame(hundred(), { now: 12_000, rows, columns: 20 });
    expect(lines.length).toBeLessThanOrEqual(Math.min(14, rows - 1));
    for (const line of lines) expect([...line].length).toBeLessThan(20);
  });

  it('a hundred that fail leave room for one that works', () => {
    const events = names.slice(1).map((name): [number, Event] => [0, host(name, 'failed', 'no')]);
    const lines = frame([...events, [0, host('h1', 'working')]], { now: 1000 });
    expect(lines[0]).toBe('100 hosts: 99 failed, 1 working');
    expect(lines).toContain('  ✗ and 93 more');
    expect(lines.at(-1)).toBe('  ⠋ h1  connecting  1.0s');
  });

  it('do not scroll: a line stays for a host that failed, once, none for a phase', () => {
    const out = Object.assign(new PassThrough(), { columns: 60, rows: 24 });
    const chunks: string[] = [];
    out.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    const reporter = liveReporter({ out, clock: () => 0, colours: paint(false), verbose: false });
    for (const [, event] of hundred()) reporter.emit(event);
    const finished = { type: 'phase', state: 'finished', phase: 'images', title: 'Bring images' } as const;
    for (const name of names) reporter.emit({ ...finished, host: name, changed: 1, seconds: 1 });
    reporter.emit(host('h41', 'failed', 'h41 refused our keys'));
    reporter.close();
    expect(chunks.join('').match(/^.*✗ .*$/gm)).toHaveLength(3);
    expect(chunks.join('')).not.toContain('✓');
  });
});

it('plain: a host of several that failed is a line, once; of one alone the error at the end tells it', () => {
  const lines = (events: Event[]) => {
    const out = new PassThrough();
    const reporter = plainReporter({ out, clock: () => 0, colours: paint(false) });
    for (const event of events) reporter.emit(event);
    return String(out.read() ?? '');
  };
  const failed = host('h1', 'failed', 'no route');
  expect(lines([host('h1', 'working'), failed])).toBe('');
  expect(lines([host('h1', 'working'), host('h2', 'working'), failed, failed])).toBe(
    '0.0s h1 failed  no route\n',
  );
});
