import type { Writable } from 'node:stream';
import type { Event } from '../events.ts';
import type { ClosableReporter } from './choose.ts';
import { message } from './plain.ts';
import { draw, emptyScreen, isAtWork, isCrowd, note } from './screen.ts';
import { type Colours, changes, fit, harmless, seconds, timingLines } from './text.ts';

export interface LiveOptions {
  out: Writable & { columns?: number; rows?: number };
  /** Milliseconds. */
  clock: () => number;
  colours: Colours;
  /** A line for every step, not only for every phase. */
  verbose: boolean;
}

const REDRAW_MS = 100;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_DOWN = '\u001b[0J';

/** For a terminal: what has ended stays as a line, what is under way is redrawn below, at most ten times a second. */
export function liveReporter(options: LiveOptions): ClosableReporter {
  const { out, clock, colours } = options;
  const screen = emptyScreen();
  let drawn = 0;
  let hidden = false;
  let timer: NodeJS.Timeout | undefined;

  const erase = () => {
    if (drawn > 0) out.write(`\u001b[${drawn}A\r${CLEAR_DOWN}`);
    drawn = 0;
  };
  const redraw = () => {
    const view = { now: clock(), columns: out.columns || 80, rows: out.rows || 24, colours };
    const lines = draw(screen, view);
    const up = drawn > 0 ? `\u001b[${drawn}A\r` : '';
    out.write(`${HIDE_CURSOR}${up}${CLEAR_DOWN}${lines.map((line) => `${line}\n`).join('')}`);
    drawn = lines.length;
    hidden = true;
    if (lines.length === 0) stop();
  };
  const start = () => {
    if (timer) return;
    timer = setInterval(redraw, REDRAW_MS);
    // A forgotten close() must not keep the process alive; the cursor comes back whatever ends it.
    timer.unref();
    process.on('exit', restore);
  };
  const restore = () => {
    if (hidden) out.write(SHOW_CURSOR);
    hidden = false;
  };
  const stop = () => {
    if (!timer) return;
    clearInterval(timer);
    timer = undefined;
    process.off('exit', restore);
    restore();
  };
  const pause = () => {
    erase();
    stop();
  };

  const show = (event: Event) => {
    note(screen, event, clock());
    const lines = isTold(event) ? [] : lasting(event, options, isCrowd(screen));
    if (lines.length > 0 || event.type === 'message') {
      erase();
      if (event.type === 'message') message(out, event, colours);
      else out.write(lines.map((line) => `${line}\n`).join(''));
    }
    const busy = screen.phases.size + screen.progress.size + screen.waiting.size > 0 || isAtWork(screen);
    if (busy) start();
    else pause();
  };

  /** Of a host that is tried again the same reason is told once. */
  const told = new Set<string>();
  const isTold = (event: Event): boolean => {
    if (event.type !== 'host' || event.state !== 'failed') return false;
    const line = `${event.host} ${event.reason}`;
    return told.has(line) || !told.add(line);
  };

  let holders = 0;
  const queue: Event[] = [];
  const emit = (event: Event) => {
    if (holders > 0) queue.push(event);
    else show(event);
  };
  const hold = () => {
    pause();
    holders++;
    return () => {
      holders--;
      if (holders === 0) for (const event of queue.splice(0)) show(event);
    };
  };
  return { emit, pause, hold, close: pause };
}

/** What stays on the screen of an event. */
function lasting(event: Event, { colours, verbose, out }: LiveOptions, crowd: boolean): string[] {
  const columns = out.columns || 80;
  if (event.type === 'host' && event.state === 'failed' && crowd) {
    return [colours.red(fit(harmless(`✗ ${event.host}  ${event.reason ?? 'failed'}`), columns - 1))];
  }
  if (event.type === 'phase' && event.state !== 'started') {
    if (crowd && !verbose) return [];
    const failed = event.state === 'failed';
    const mark = failed ? colours.red('✗') : colours.green('✓');
    const facts = [event.seconds === undefined ? '' : seconds(event.seconds), changes(event.changed)];
    const tail = failed ? 'failed' : facts.filter(Boolean).join(', ');
    const head = fit(harmless(`${event.host}  ${event.title}`), columns - tail.length - 5);
    return [`${mark} ${head}  ${failed ? colours.red(tail) : colours.dim(tail)}`];
  }
  if (event.type === 'step' && (verbose || event.state === 'failed')) {
    return [fit(harmless(`    ${event.host}  ${event.phase}  ${event.detail}`), columns - 1)];
  }
  if (event.type === 'waiting' && event.finished && verbose) return [`    came: ${harmless(event.for)}`];
  if (event.type === 'timing') return timingLines(event);
  return [];
}
