import type { Writable } from 'node:stream';
import type { Reporter } from '../events.ts';
import { liveReporter } from './live.ts';
import { ndjsonReporter } from './ndjson.ts';
import { plainReporter } from './plain.ts';
import { paint } from './text.ts';

export interface ClosableReporter extends Reporter {
  /** Takes what moves off the screen, so that something else can be written; the next event brings it back. */
  pause(): void;
  /** Keeps the screen still, for a question, until what it returns is called; events wait meanwhile. */
  hold(): () => void;
  /** Leaves the terminal as it was found. */
  close(): void;
}

export interface ReporterOptions {
  /** The command's `-o`: `ndjson` prints events to stdout, everything else leaves stdout to the result. */
  format: string;
  stdout: Writable;
  stderr: Writable & { isTTY?: boolean; columns?: number; rows?: number };
  env: Record<string, string | undefined>;
  /** Every step as well as every phase. */
  verbose?: boolean;
}

export function chooseReporter(options: ReporterOptions): ClosableReporter {
  const { format, stdout, stderr, env, verbose = false } = options;
  if (format === 'ndjson') return ndjsonReporter(stdout);
  const terminal = stderr.isTTY === true && env.TERM !== 'dumb';
  const colours = paint(useColour(terminal, env));
  const clock = () => performance.now();
  if (!terminal || env.CI) return plainReporter({ out: stderr, clock, colours });
  return liveReporter({ out: stderr, clock, colours, verbose });
}

/** https://no-color.org: any value that is not empty switches colour off. */
export function useColour(terminal: boolean, env: Record<string, string | undefined>): boolean {
  if (env.NO_COLOR) return false;
  return terminal || Boolean(env.FORCE_COLOR);
}
