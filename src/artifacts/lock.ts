import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

export interface LockOptions {
  folder: string;
  /** What the holder is doing, for the others: `building kubernetes v1.37.2`. */
  purpose: string;
  env: Record<string, string | undefined>;
  signal?: AbortSignal;
  /** Called once when somebody else holds it: `process 4711 on lab1, since 20:15:03: building …`. */
  onWait: (holder: string) => void;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/**
 * Runs `work` while nobody else makes artifacts in this folder. The kernel's lock (flock of util-linux) ends with
 * its holder, however it ends. Where there is no such command the work runs without: every write is atomic and
 * named by its content, so two builders waste time and harm nothing.
 */
export async function withLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T> {
  options.signal?.throwIfAborted();
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const file = join(options.folder, 'lock');
  const holder = join(options.folder, 'lock.holder');
  // `cat` ends when its input does: when we let go or are gone. A group of its own keeps Ctrl-C away from it.
  const child: Child = spawn('flock', ['-x', file, 'sh', '-c', 'echo held; exec cat'], {
    env: options.env,
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  try {
    await acquired(child, options, holder);
    await writeFile(
      holder,
      `process ${process.pid} on ${hostname()}, since ${clock()}: ${options.purpose}\n`,
    );
    return await work();
  } finally {
    child.stdin.end();
    await ended;
  }
}

async function acquired(child: Child, options: LockOptions, holder: string): Promise<void> {
  const held = new Promise<void>((resolve) => {
    child.stdout.once('data', () => resolve());
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  const patience = setTimeout(async () => {
    const text = await readFile(holder, 'utf8').catch(() => 'another process');
    options.onWait(text.trim());
  }, 300);
  const stop = () => child.pid && process.kill(-child.pid, 'SIGTERM');
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    await held;
  } finally {
    clearTimeout(patience);
    options.signal?.removeEventListener('abort', stop);
  }
  options.signal?.throwIfAborted();
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
