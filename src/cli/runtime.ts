import type { Readable, Writable } from 'node:stream';
import type { Config } from '@oclif/core/config';
import type { Options } from '@oclif/core/interfaces';

export interface TerminalWriter extends Writable {
  isTTY?: boolean;
  columns?: number;
}

export interface TerminalReader extends Readable {
  isTTY?: boolean;
}

/** Everything of the process that a command may touch; tests hand in their own. */
export interface Runtime {
  env: Record<string, string | undefined>;
  cwd: string;
  stdin: TerminalReader;
  stdout: TerminalWriter;
  stderr: TerminalWriter;
  /**
   * Aborted by the first Ctrl-C or SIGTERM. Reading it is a promise to stop by it: a command that never reads it is
   * ended at once.
   */
  readonly signal: AbortSignal;
}

/** oclif makes the command itself and hands it nothing of ours but the options that its Config was loaded with. */
export interface RuntimeOptions extends Options {
  runtime: Runtime;
}

/** Throws where the Config was loaded without one: src/cli/run.ts and test/fakes/cli.ts give it. */
export function runtimeOf(config: Config): Runtime {
  const { runtime } = config.options as Partial<RuntimeOptions>;
  if (!runtime) throw new Error('this oclif Config was loaded without a runtime');
  return runtime;
}
