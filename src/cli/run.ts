import process from 'node:process';
import type { Options } from '@oclif/core/interfaces';
import { run } from '@oclif/core/run';
import { EXIT } from '../base/exit-codes.ts';
import { type Interrupts, watchInterrupts } from './interrupts.ts';
import { ProcessStreams } from './process-streams.ts';
import { type Failure, interrupted, readFailure } from './read-failure.ts';
import { renderFailure, wantsJson } from './render-error.ts';
import type { Runtime, RuntimeOptions } from './runtime.ts';

/** One command line, from oclif's configuration to the exit code; does not return. */
export async function runProcess(root: string, argv: string[]): Promise<void> {
  await runWith(async () => ({ root }), argv);
}

/** bin/dev.js hands in options that make oclif read the sources. */
export async function runWith(options: () => Promise<Options>, argv: string[]): Promise<void> {
  const streams = new ProcessStreams(process);
  const interrupts = watchInterrupts({
    on: (signal, listener) => process.on(signal, listener),
    stderr: process.stderr,
    exit: (code) => process.exit(code),
  });
  const fail = (error: unknown) => finish(streams, report(error, argv, interrupts));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    const loading: RuntimeOptions = { ...(await options()), runtime: processRuntime(interrupts) };
    await run(argv, loading);
    await finish(streams, interrupts.asked ? EXIT.interrupted : Number(process.exitCode ?? EXIT.ok));
  } catch (error) {
    await fail(error);
  }
}

function processRuntime(interrupts: Interrupts): Runtime {
  return {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    get signal() {
      return interrupts.signal();
    },
  };
}

/** Prints what went wrong and gives the exit code. */
function report(error: unknown, argv: readonly string[], interrupts: Interrupts): number {
  const failure: Failure = interrupts.asked ? interrupted(argv) : readFailure(error, argv);
  if (failure.silent) return failure.exit;
  const debug = argv.includes('--debug') || Boolean(process.env.KUBEWRIGHT_DEBUG);
  const text = renderFailure(failure, {
    json: wantsJson(argv),
    debug,
    colour: process.stderr.isTTY === true && !process.env.NO_COLOR,
  });
  process.stderr.write(text);
  return failure.exit;
}

async function finish(streams: ProcessStreams, code: number): Promise<void> {
  await streams.flush();
  process.exit(code);
}
