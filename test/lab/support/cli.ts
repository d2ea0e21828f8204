import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { cacheDir, stateDir } from '../../../src/base/dirs.ts';

const BIN = join(import.meta.dirname, '../../../bin/run.js');
const CHECKOUT = join(import.meta.dirname, '../../..');

export interface Outcome {
  /** undefined when a signal ended it. */
  exit: number | undefined;
  signal: NodeJS.Signals | undefined;
  stdout: string;
  stderr: string;
  seconds: number;
}

export interface CliOptions {
  env?: Record<string, string | undefined>;
  stdin?: string;
  timeoutSeconds?: number;
  /** Called with each whole line of stdout as it comes. */
  onLine?: (line: string, child: ChildProcess) => void;
}

/** The command line as it is built, as a child process with a home and a kubeconfig of its own. */
export interface Cli {
  folder(): string;
  kubeconfig(): string;
  run(args: readonly string[], options?: CliOptions): Promise<Outcome>;
  /** Has to succeed; what it printed. */
  ok(args: readonly string[], options?: CliOptions): Promise<string>;
  /** The same with `-o json`, read. */
  json<T>(args: readonly string[], options?: CliOptions): Promise<T>;
}

/** Lab hosts are found by their names; caches are this user's own, so that components are not built again. */
export function useCli(lab: string): Cli {
  let folder = '';
  beforeAll(async () => {
    await stat(join(CHECKOUT, 'dist/src/cli/main.js')); // `npm run build` makes it
    folder = await mkdtemp(join(tmpdir(), 'kw-lab-cli-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const kubeconfig = () => join(folder, 'kubeconfig');
  const run = (args: readonly string[], options: CliOptions = {}): Promise<Outcome> => {
    const { SSH_AUTH_SOCK: _, KUBEWRIGHT_DEBUG: __, ...inherited } = process.env;
    const env = {
      ...inherited,
      HOME: folder,
      XDG_CACHE_HOME: dirname(cacheDir(process.env)),
      XDG_STATE_HOME: dirname(stateDir(process.env)),
      KUBECONFIG: kubeconfig(),
      KUBEWRIGHT_LAB: lab,
      // Built from the pinned modules; no test asks upstream for anything.
      KUBEWRIGHT_ARTIFACTS_SOURCE: 'build',
      NO_COLOR: '1',
      ...options.env,
    };
    return execute([BIN, ...args], env, options);
  };
  const ok = async (args: readonly string[], options?: CliOptions): Promise<string> => {
    const outcome = await run(args, options);
    const what = `kubewright ${args.join(' ')}\n${outcome.stderr}${outcome.stdout.slice(-2000)}`;
    expect(outcome.exit ?? outcome.signal, what).toBe(0);
    return outcome.stdout;
  };
  const json = async <T>(args: readonly string[], options?: CliOptions): Promise<T> =>
    JSON.parse(await ok([...args, '-o', 'json'], options)) as T;
  return { folder: () => folder, kubeconfig, run, ok, json };
}

function execute(argv: string[], env: NodeJS.ProcessEnv, options: CliOptions): Promise<Outcome> {
  const started = performance.now();
  const { stdin, timeoutSeconds = 420, onLine } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutSeconds * 1000,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    let rest = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine?.(line, child);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin ?? '');
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const seconds = (performance.now() - started) / 1000;
      resolve({ ...output, exit: code ?? undefined, signal: signal ?? undefined, seconds });
    });
  });
}

/** What every refusal has in common: its exit code, words that name the matter, and no stack trace. */
export function expectRefusal(outcome: Outcome, exit: number, ...words: (string | RegExp)[]): void {
  expect(outcome.exit, outcome.stderr + outcome.stdout).toBe(exit);
  for (const word of words) expect(outcome.stderr).toMatch(word);
  expect(outcome.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(outcome.stderr).not.toContain('defect of kubewright');
}
