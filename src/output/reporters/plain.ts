import type { Writable } from 'node:stream';
import type { Event } from '../events.ts';
import type { ClosableReporter } from './choose.ts';
import { type Colours, changes, counted, estimate, harmless, seconds, timingLines } from './text.ts';

export interface PlainOptions {
  out: Writable;
  /** Milliseconds. */
  clock: () => number;
  colours: Colours;
}

/** Long work and long waits are told again after this time, so that a log shows life. */
const REMIND_MS = 10_000;

/** Lines for logs and pipes: `12.3s cp1 certs  write /etc/kubernetes/pki/ca.crt (0644)`. */
export function plainReporter({ out, clock, colours }: PlainOptions): ClosableReporter {
  const started = clock();
  const told = new Map<string, { first: number; last: number }>();

  const line = (host: string | undefined, what: string, text: string) => {
    const at = seconds((clock() - started) / 1000);
    const head = [at, host, what].filter(Boolean).join(' ');
    out.write(`${harmless(text ? `${head}  ${text}` : head)}\n`);
  };

  const due = (id: string, finished: boolean): number | undefined => {
    const now = clock();
    const entry = told.get(id) ?? { first: now, last: Number.NEGATIVE_INFINITY };
    if (finished) told.delete(id);
    else if (now - entry.last < REMIND_MS) return undefined;
    else told.set(id, { ...entry, last: now });
    return (now - entry.first) / 1000;
  };

  const phase = (event: Extract<Event, { type: 'phase' }>) => {
    if (event.state === 'started') return;
    const took = event.seconds === undefined ? '' : `${seconds(event.seconds)}, `;
    const text = event.state === 'failed' ? 'failed' : `done (${took}${changes(event.changed)})`;
    line(event.host, event.phase, text.replace(', )', ')'));
  };

  const progress = (event: Extract<Event, { type: 'progress' }>) => {
    const elapsed = due(event.id, event.finished === true);
    if (elapsed === undefined) return;
    const left = event.finished ? '' : estimate(event, elapsed);
    line(
      event.host,
      event.label,
      [event.finished ? 'done' : counted(event), left].filter(Boolean).join(', '),
    );
  };

  const waiting = (event: Extract<Event, { type: 'waiting' }>) => {
    const elapsed = due(`waiting ${event.id}`, event.finished === true);
    if (elapsed === undefined) return;
    const seen = event.seen ? ` (${event.seen})` : '';
    const text = event.finished ? `came after ${seconds(elapsed)}` : `waiting${seen}`;
    line(event.host, event.for, text);
  };

  /** Of one host alone the error at the end tells it; of a host of several it is told once, whoever tried it again. */
  const hosts = new Map<string, string | undefined>();
  const host = (event: Extract<Event, { type: 'host' }>) => {
    const known = hosts.get(event.host);
    hosts.set(event.host, event.reason ?? known);
    if (event.state !== 'failed' || hosts.size === 1 || known === event.reason) return;
    line(event.host, 'failed', event.reason ?? '');
  };

  const emit = (event: Event) => {
    if (event.type === 'phase') phase(event);
    else if (event.type === 'host') host(event);
    else if (event.type === 'progress') progress(event);
    else if (event.type === 'waiting') waiting(event);
    else if (event.type === 'message') message(out, event, colours);
    else if (event.type === 'timing') out.write(`${timingLines(event).join('\n')}\n`);
    else if (event.type === 'step') {
      const words = { changed: '', unchanged: 'unchanged: ', planned: 'would: ', failed: 'failed: ' };
      line(event.host, event.phase, words[event.state] + event.detail);
    }
  };
  return { emit, pause: () => undefined, hold: () => () => undefined, close: () => undefined };
}

/** Untimed: a client verb's warnings look like kubectl's. */
export function message(out: Writable, event: Extract<Event, { type: 'message' }>, colours: Colours): void {
  const where = event.host ? `${event.host}: ` : '';
  const text = harmless(where + event.text);
  out.write(event.level === 'warning' ? `${colours.yellow('Warning:')} ${text}\n` : `${text}\n`);
}
