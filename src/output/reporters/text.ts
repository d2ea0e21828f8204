import { Ansis } from 'ansis';
import type { Event } from '../events.ts';

export type Colours = Ansis;

export function paint(on: boolean): Colours {
  return new Ansis(on ? 1 : 0);
}

/** Words of a host may hold escape sequences; a terminal must not obey them. */
export function harmless(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** Cut to `width` columns, with an ellipsis where something is missing. */
export function fit(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return width < 1 ? '' : `${characters.slice(0, width - 1).join('')}…`;
}

/** `0.4s`, `12.3s`, `3m07s`, `1h02m` */
export function seconds(value: number): string {
  if (value < 59.95) return `${value.toFixed(1)}s`;
  const whole = Math.round(value);
  const two = (part: number) => String(part).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
}

/** Decimal units, as package managers and disks count: `93 kB`, `1.2 MB`, `2.0 GB`. */
export function bytes(value: number): string {
  if (value < 1e6) return `${Math.ceil(value / 1e3)} kB`;
  if (value < 1e9) return `${(value / 1e6).toFixed(1)} MB`;
  return `${(value / 1e9).toFixed(1)} GB`;
}

type Progress = Extract<Event, { type: 'progress' }>;

/** `12 of 40`, `1.2 MB of 93.0 MB`, or only what is done where the whole is not known. */
export function counted({ done, total, unit }: Pick<Progress, 'done' | 'total' | 'unit'>): string {
  const say = unit === 'bytes' ? bytes : unit === 'seconds' ? seconds : String;
  return total > 0 ? `${say(done)} of ${say(total)}` : say(done);
}

/** What is left at the pace so far; empty before there is a pace worth telling. */
export function estimate(progress: Pick<Progress, 'done' | 'total'>, elapsedSeconds: number): string {
  const { done, total } = progress;
  if (total <= 0 || done <= 0 || done >= total || elapsedSeconds < 2) return '';
  return `about ${seconds((elapsedSeconds / done) * (total - done)).replace(/\.\ds$/, 's')} left`;
}

type Timing = Extract<Event, { type: 'timing' }>;

/** The run's breakdown: the total, then what it could not have been shorter without, as far as it took long. */
export function timingLines({ total, critical }: Timing, most = 5): string[] {
  const { path, idle, waiting } = critical;
  const longest = [...path].sort((a, b) => b.seconds - a.seconds).slice(0, most);
  const shown = path.filter((span) => longest.includes(span));
  const label = (span: Timing['spans'][number]) =>
    harmless(span.host ? `${span.host} ${span.name}` : span.name);
  const width = Math.max(0, ...shown.map((span) => label(span).length));
  const lines = shown.map(
    (span) => `  ${label(span).padEnd(width)}  ${seconds(span.seconds)}  from ${seconds(span.start)}`,
  );
  const more = path.length - shown.length;
  const facts = [
    `${seconds(waiting)} waiting`,
    `${seconds(idle)} idle`,
    ...(more > 0 ? [`${more} shorter ones not shown`] : []),
  ];
  return [
    `${seconds(total)} in all${shown.length > 0 ? `; critical path (${facts.join(', ')}):` : ''}`,
    ...lines,
  ];
}

/** `6 changed`, `nothing to change` */
export function changes(count: number | undefined): string {
  if (count === undefined) return '';
  return count === 0 ? 'nothing to change' : `${count} changed`;
}
