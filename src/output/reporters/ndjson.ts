import type { Writable } from 'node:stream';
import type { ClosableReporter } from './choose.ts';

/** Every event as it is, one JSON object a line. */
export function ndjsonReporter(out: Writable): ClosableReporter {
  return {
    emit: (event) => void out.write(`${JSON.stringify(event)}\n`),
    pause: () => undefined,
    hold: () => () => undefined,
    close: () => undefined,
  };
}
