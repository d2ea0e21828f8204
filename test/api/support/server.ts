import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** A process of the test's own, ended by its process id; what it said lies in `log`. */
export interface Daemon {
  readonly pid: number;
  readonly log: string;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export function startDaemon(folder: string, name: string, binary: string, args: string[]): Daemon {
  const log = join(folder, `${name}.log`);
  const out = openSync(log, 'a');
  const child: ChildProcess = spawn(binary, args, { stdio: ['ignore', out, out], cwd: folder });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    pid: child.pid ?? -1,
    log,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(force);
    },
  };
}

export function lastLines(file: string, count = 15): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}

/** Ports that were free a moment ago, on loopback. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
