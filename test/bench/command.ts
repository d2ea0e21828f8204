import { spawn } from 'node:child_process';

export interface Line {
  /** Seconds since the start. */
  at: number;
  text: string;
  stream: 'stdout' | 'stderr';
}

export interface Ended {
  exit: number;
  seconds: number;
  lines: Line[];
  /** User and system time of the client's processes. */
  cpuSeconds: number;
}

/**
 * Runs a command to its end with the time of each line that it printed. dash's and bash's `times` tell what all of its
 * processes used.
 */
export function timed(
  argv: readonly string[],
  options: { env?: Record<string, string | undefined>; started: number; signal?: AbortSignal },
): Promise<Ended> {
  const script = '"$@" 3>&-; code=$?; times >&3; exit $code';
  const now = () => (performance.now() - options.started) / 1000;
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', script, 'sh', ...argv], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      // Both contenders run what is built from the pinned modules; upstream is not asked.
      env: { ...process.env, KUBEWRIGHT_ARTIFACTS_SOURCE: 'build', ...options.env },
      signal: options.signal,
    });
    const lines: Line[] = [];
    let times = '';
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      times += chunk.toString();
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      let rest = '';
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop() ?? '';
        for (const part of parts) lines.push({ at: now(), text: part, stream });
      });
      child[stream]?.on('end', () => {
        if (rest) lines.push({ at: now(), text: rest, stream });
      });
    }
    child.on('error', reject);
    let seconds = 0;
    child.on('exit', () => {
      seconds = now();
    });
    child.on('close', (code) =>
      resolve({ exit: code ?? 128, seconds, lines, cpuSeconds: childrenSeconds(times) }),
    );
  });
}

/** Second line of `times`: user and system time of the children, `0m1.230s 0m0.100s`. */
function childrenSeconds(times: string): number {
  const found = [...(times.trim().split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return found.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}
