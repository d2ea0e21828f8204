import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface RunOptions {
  cwd?: string;
  env: Record<string, string | undefined>;
  input?: string;
  signal?: AbortSignal;
}

export interface Ran {
  /** 127 where there is no such command, 128 where a signal ended it. */
  exit: number;
  stdout: string;
  /** The last 40 lines. */
  stderr: string;
}

/** A local command without a shell. An abort interrupts it as Ctrl-C would and throws the signal's reason. */
export async function run(argv: readonly string[], options: RunOptions): Promise<Ran> {
  options.signal?.throwIfAborted();
  const [command = '', ...rest] = argv;
  const child = spawn(command, rest, {
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    killSignal: 'SIGINT',
    ...(options.cwd ? { cwd: options.cwd } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  // A command that ends without reading its input is told by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const stdout: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (lines.length > 40) lines.shift();
  });
  const exit = await new Promise<number>((resolve, reject) => {
    let failure: NodeJS.ErrnoException | undefined;
    child.on('error', (error) => {
      failure = error;
      if (child.pid === undefined) settle(127);
    });
    child.on('close', (code) => settle(code ?? 128));
    const settle = (code: number): void => {
      if (options.signal?.aborted) reject(options.signal.reason);
      else if (failure && failure.code !== 'ENOENT') reject(failure);
      else resolve(code);
    };
  });
  return { exit, stdout: Buffer.concat(stdout).toString(), stderr: lines.join('\n') };
}
