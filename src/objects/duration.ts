import { usageFault } from './failures.ts';

const UNITS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
/** Node's timers hold no more; kubectl's "for ever" is a week. */
export const FOREVER_MS = 7 * 24 * 3_600_000;

/** Go's durations (`90s`, `1h30m`, `0`, `-1s`) in milliseconds. */
export function duration(text: string, flag: string): number {
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.exec(text);
  if (/^[+-]?0$/.test(text)) return 0;
  if (!match)
    throw usageFault(`invalid argument "${text}" for "--${flag}": not a duration`, 'write 30s, 5m or 1h30m');
  const parts = [...text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  const sum = parts.reduce((total, [, number, unit]) => total + Number(number) * UNITS[unit!]!, 0);
  return match[1] === '-' ? -sum : sum;
}
