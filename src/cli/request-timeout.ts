import { KubewrightError } from '../base/errors.ts';
import { parseDuration } from '../cluster/spec/duration.ts';

/** The longest that setTimeout knows: 24 days, which is no end for one request. */
const NO_END_MS = 2 ** 31 - 1;

/** `--request-timeout`, as kubectl reads it: a Go duration, or whole seconds; 0 is no end. Milliseconds. */
export function requestTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^(\d+|0(ms|s|m|h))$/.test(text) ? Number.parseInt(text, 10) * 1000 : parseDuration(text);
  if (ms === undefined || ms < 0) {
    throw new KubewrightError({
      code: 'InvalidDuration',
      message: `--request-timeout cannot be read: ${text}`,
      hint: 'It is a number with a unit, like 5s, 2m or 1h, whole seconds, or 0 for no end.',
      exit: 'invalidInput',
    });
  }
  return ms === 0 ? NO_END_MS : Math.min(ms, NO_END_MS);
}
