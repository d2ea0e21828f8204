import type { Event } from '../events.ts';
import { drawMany, FEW } from './screen-many.ts';
import { type Colours, counted, estimate, fit, harmless, seconds } from './text.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;
interface Timed<E> {
  event: E;
  /** When it was first heard of, milliseconds of the reporter's clock. */
  since: number;
}

export type HostState = Of<'host'>['state'];

/** What is under way right now; what has ended is a line of its own above and no longer here. */
export interface Screen {
  /** All hosts of the run, those that have ended too. */
  hosts: Map<string, { state: HostState; since: number; reason?: string | undefined }>;
  phases: Map<string, Timed<Of<'phase'>> & { last?: string }>;
  progress: Map<string, Timed<Of<'progress'>>>;
  waiting: Map<string, Timed<Of<'waiting'>>>;
}

export function emptyScreen(): Screen {
  return { hosts: new Map(), phases: new Map(), progress: new Map(), waiting: new Map() };
}

export function note(screen: Screen, event: Event, now: number): void {
  if (event.type === 'phase') {
    const key = `${event.host} ${event.phase}`;
    if (event.state === 'started') screen.phases.set(key, { event, since: now });
    else screen.phases.delete(key);
  } else if (event.type === 'host') {
    screen.hosts.delete(event.host);
    screen.hosts.set(event.host, { state: event.state, since: now, reason: event.reason });
    if (event.state === 'failed') forget(screen, event.host);
  } else if (event.type === 'step') {
    const phase = screen.phases.get(`${event.host} ${event.phase}`);
    if (phase) phase.last = event.detail;
  } else if (event.type === 'progress') {
    track(screen.progress, event, now);
  } else if (event.type === 'waiting') {
    track(screen.waiting, event, now);
  }
}

/** Waits and transfers of a host that failed are never told to be finished. */
function forget({ progress, waiting }: Screen, host: string): void {
  for (const map of [progress, waiting])
    for (const [id, { event }] of map) if (event.host === host) map.delete(id);
}

/** So many hosts that a line for each phase of each would scroll everything else away. */
export function isCrowd({ hosts }: Screen): boolean {
  return hosts.size > FEW;
}

/** Of a crowd the counts are worth a look also between two phases. */
export function isAtWork(screen: Screen): boolean {
  const open = [...screen.hosts.values()].some(({ state }) => state === 'working' || state === 'waiting');
  return isCrowd(screen) && open;
}

function track<E extends Of<'progress'> | Of<'waiting'>>(
  map: Map<string, Timed<E>>,
  event: E,
  now: number,
): void {
  if (event.finished) map.delete(event.id);
  else map.set(event.id, { event, since: map.get(event.id)?.since ?? now });
}

export interface View {
  now: number;
  columns: number;
  rows: number;
  colours: Colours;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** The moving part: a block a host with what it is doing, then what belongs to no host. */
export function draw(screen: Screen, view: View): string[] {
  if (isCrowd(screen)) return drawMany(screen, view, spinnerAt(view));
  const hosts = new Set<string | undefined>();
  for (const { event } of screen.phases.values()) hosts.add(event.host);
  for (const { event } of [...screen.progress.values(), ...screen.waiting.values()]) hosts.add(event.host);
  const lines: string[] = [];
  for (const host of hosts) {
    if (host !== undefined) lines.push(view.colours.bold(fit(harmless(host), view.columns - 1)));
    lines.push(...block(screen, host, view));
  }
  const most = Math.max(1, view.rows - 1);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), view.colours.dim(`  … ${lines.length - most + 1} more`)];
}

function spinnerAt({ now }: View): string {
  return FRAMES[Math.floor(now / 100) % FRAMES.length] ?? '';
}

function block(screen: Screen, host: string | undefined, view: View): string[] {
  const mine = <E extends { host?: string }>(map: Map<string, Timed<E>>) =>
    [...map.values()].filter(({ event }) => event.host === host);
  const spinner = spinnerAt(view);
  const phases = [...screen.phases.values()]
    .filter(({ event }) => event.host === host)
    .map(({ event, since, last }) => row(view, spinner, event.title, last ?? '', since));
  const waiting = mine(screen.waiting).map(({ event, since }) =>
    row(view, spinner, `waiting for ${event.for}`, event.seen ?? '', since),
  );
  return [...phases, ...waiting, ...mine(screen.progress).flatMap((timed) => bar(timed, view, spinner))];
}

/** `  ⠋ Certificates  write /etc/…  2.1s`: the detail gives way first. */
function row(view: View, spinner: string, title: string, detail: string, since: number): string {
  const took = seconds((view.now - since) / 1000);
  const left = fit(harmless(title), Math.max(8, view.columns - took.length - 7));
  const room = view.columns - left.length - took.length - 9;
  const middle = room > 8 && detail ? `  ${view.colours.dim(fit(harmless(detail), room))}` : '';
  return `  ${view.colours.cyan(spinner)} ${left}${middle}  ${view.colours.dim(took)}`;
}

function bar({ event, since }: Timed<Of<'progress'>>, view: View, spinner: string): string[] {
  const elapsed = (view.now - since) / 1000;
  const facts = [counted(event), estimate(event, elapsed)].filter(Boolean).join(', ');
  if (event.total <= 0) return [row(view, spinner, event.label, facts, since)];
  const size = Math.min(24, Math.max(8, view.columns - 50));
  const full = Math.round((Math.min(event.done, event.total) / event.total) * size);
  const drawn = `${view.colours.green('█'.repeat(full))}${view.colours.dim('░'.repeat(size - full))}`;
  const text = fit(`${harmless(event.label)}  ${facts}`, Math.max(4, view.columns - size - 6));
  return [`    ${drawn} ${text}`];
}
