import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Command } from '@oclif/core/command';
import { Config } from '@oclif/core/config';
import { sourceOptions } from '../../src/cli/development.ts';
import { type Failure, readFailure } from '../../src/cli/read-failure.ts';
import type { Runtime, RuntimeOptions } from '../../src/cli/runtime.ts';

export interface CommandRun {
  stdout: string;
  stderr: string;
  exit: number;
  /** What main.ts would have rendered. */
  failure?: Failure;
}

export interface CommandSurroundings {
  env?: Record<string, string>;
  stdin?: string;
  signal?: AbortSignal;
}

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Runs one command class in this process, with streams of its own and without a terminal. */
export async function runCommand(
  command: { run(argv: string[], options: Config): Promise<unknown> } & Pick<typeof Command, 'id'>,
  argv: string[],
  around: CommandSurroundings = {},
): Promise<CommandRun> {
  const [stdout, stderr] = [collect(), collect()];
  const stdin = new PassThrough();
  stdin.end(around.stdin ?? '');
  const runtime: Runtime = {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      // No test may ask upstream for anything.
      KUBEWRIGHT_ARTIFACTS_SOURCE: 'build',
      ...around.env,
    },
    cwd: process.cwd(),
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    signal: around.signal ?? new AbortController().signal,
  };
  const options: RuntimeOptions = { ...(await sourceOptions(root)), runtime };
  const result = { exit: 0 };
  const failure = await command.run(argv, await Config.load(options)).then(
    () => undefined,
    (error) => readFailure(error, argv),
  );
  return {
    ...result,
    ...(failure ? { failure, exit: failure.exit } : {}),
    stdout: stdout.text(),
    stderr: stderr.text(),
  };
}

function collect(): { stream: PassThrough; text(): string } {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
