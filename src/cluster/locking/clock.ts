import { uptime } from 'node:os';

/**
 * Seconds that went by, also while this machine slept: the monotonic clock of Linux stands still then, `uptime` goes on
 * (CLOCK_BOOTTIME). Neither follows what somebody sets the time of day to.
 */
export function stopwatch(): () => number {
  const [started, booted] = [performance.now(), uptime()];
  return () => Math.max((performance.now() - started) / 1000, uptime() - booted);
}
