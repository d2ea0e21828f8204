import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { cacheDir, stateDir } from '../../../src/base/dirs.ts';

const BIN = join(import.meta.dirname, '../../../bin/run.js');

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

/** Where a command line has its home and its kubeconfig, and the lab whose hosts it finds by their names. */
export interface CliPlace {
  folder: string;
  lab: string;
}

export const kubeconfigOf = ({ folder }: CliPlace): string => join(folder, 'kubeconfig');

/**
 * The command line as it is built, as a child process with a home and a kubeconfig of its own. Lab hosts are found by
 * their names; caches are this user's own, so that components are not built again.
 */
export function runCli(place: CliPlace, args: readonly string[], options: CliOptions = {}): Promise<Outcome> {
  const { SSH_AUTH_SOCK: _, KUBEWRIGHT_DEBUG: __, ...inherited } = process.env;
  const env = {
    ...inherited,
    HOME: place.folder,
    XDG_CACHE_HOME: dirname(cacheDir(process.env)),
    XDG_STATE_HOME: dirname(stateDir(process.env)),
    KUBECONFIG: kubeconfigOf(place),
    KUBEWRIGHT_LAB: place.lab,
    // Built from the pinned modules; no test asks upstream for anything.
    KUBEWRIGHT_ARTIFACTS_SOURCE: 'build',
    NO_COLOR: '1',
    ...options.env,
  };
  return execute([BIN, ...args], env, options);
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
