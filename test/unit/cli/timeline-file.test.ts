import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import Init from '../../../commands/init.ts';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { withTimelineFile } from '../../../src/cli/timeline-file.ts';
import type { Event } from '../../../src/output/events.ts';
import { runCommand } from '../../fakes/cli.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubewright-timeline-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function recording(file: string) {
  const events: Event[] = [];
  const base = { emit: (event: Event) => void events.push(event), pause: () => undefined };
  const reporter = { ...base, hold: () => () => undefined, close: () => undefined };
  return {
    events,
    reporter: withTimelineFile(reporter, { file, cwd: folder, root, title: 'kubewright init' }),
  };
}
const timing: Event = {
  type: 'timing',
  total: 1,
  spans: [{ name: 'connect', host: 'cp1', start: 0, seconds: 1 }],
  critical: { path: [], idle: 0, waiting: 0 },
};

it('the breakdown at the end of a run becomes a page, and goes to the reporter as before', () => {
  const { events, reporter } = recording('run.html');
  reporter.emit(timing);
  expect(events).toEqual([timing]);
  expect(readFileSync(join(folder, 'run.html'), 'utf8')).toMatch(
    /^<!doctype html>[\s\S]*>connect<[\s\S]*<\/html>\n$/,
  );
});

it('a file that can no longer be written is a warning: the run itself is done', () => {
  const { events, reporter } = recording('run.html');
  rmSync(folder, { recursive: true });
  // Its folder is gone.
  reporter.emit(timing);
  expect(events.at(-1)).toMatchObject({ type: 'message', level: 'warning' });
});

it.each(['/nowhere/at/all.html', '.'])('%s is refused before any host is reached', async (file) => {
  const run = await runCommand(Init, ['203.0.113.1', '--timeline', file]);
  expect(run.exit).toBe(EXIT.usage);
  expect(run.failure?.message).toContain('--timeline');
});
