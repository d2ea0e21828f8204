import { spawn } from 'node:child_process';
import { KubewrightError } from '../base/errors.ts';

export interface CommandResult {
  exit: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  /** Replaces the environment; default: this process's own. */
  env?: Record<string, string | undefined>;
  /** Called with each whole line of stdout and stderr as it comes. */
  onLine?: (line: string) => void;
  timeoutSeconds?: number;
}

/** Runs a command of this machine to its end. A program that is not there answers exit 127, as a shell would. */
export function run(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...(options.env ?? process.env), LC_ALL: 'C.UTF-8' },
      timeout: (options.timeoutSeconds ?? 60) * 1000,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      let rest = '';
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) options.onLine?.(line);
      });
    }
    child.on('error', (error) => resolve({ ...output, exit: 127, stderr: output.stderr + error.message }));
    child.on('close', (code, signal) =>
      resolve({ ...output, exit: code ?? 128, stderr: output.stderr + (signal ? `ended by ${signal}` : '') }),
    );
  });
}

/** The same for commands that have to succeed. @throws KubewrightError LabCommandFailed with the last lines. */
export async function must(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.exit === 0) return result.stdout;
  throw new KubewrightError({
    code: 'LabCommandFailed',
    message: `\`${argv.slice(0, 4).join(' ')}\` failed on this machine (exit ${result.exit}).`,
    evidence: lastLines(`${result.stdout}\n${result.stderr}`),
    exit: 'lab',
  });
}

export function lastLines(text: string, count = 15): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
