import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Channel, Connection } from '../connection.ts';

/** Half-open links are noticed by a keepalive elsewhere; here a blackhole simply ends after this long. */
const BLACKHOLE_MS = 1000;

export interface LocalOptions {
  /** What runs command lines in place of /bin/sh: `['busybox', 'ash']`. */
  shell?: readonly string[];
}

/** This machine as a host: `kubewright init local`. */
export async function connectLocal(options: LocalOptions = {}): Promise<Connection> {
  return new LocalConnection(options.shell ?? ['/bin/sh']);
}

class LocalConnection implements Connection {
  readonly address = '127.0.0.1';
  readonly user = process.getuid?.() === 0 ? 'root' : userInfo().username;
  readonly closed: Promise<Error | undefined>;
  readonly #shell: readonly string[];
  readonly #children = new Set<ChildProcess>();
  #settle: (reason: Error | undefined) => void = () => undefined;

  constructor(shell: readonly string[]) {
    this.#shell = shell;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async exec(command: string): Promise<Channel> {
    const [shell, ...first] = this.#shell;
    // A session of its own: Ctrl-C at the terminal is for us, the operation under way has to end by itself.
    const child = spawn(shell!, [...first, '-c', command], { stdio: 'pipe', detached: true });
    await once(child, 'spawn');
    this.#children.add(child);
    const exit = new Promise<{ code: number | null; signal?: string }>((resolve, reject) => {
      child.on('close', (code, signal) => resolve({ code, ...(signal ? { signal } : {}) }));
      this.closed.then((reason) => reject(reason ?? new Error('the connection was closed')));
    });
    exit.catch(() => undefined);
    child.on('close', () => this.#children.delete(child));
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exit,
      kill: () => disconnect(child),
    };
  }

  async tunnel(host: string, port: number): Promise<Duplex> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, 'connect');
    return socket;
  }

  async close(): Promise<void> {
    this.#cut(undefined);
  }

  fault(kind: 'reset' | 'blackhole'): void {
    if (kind === 'reset') {
      this.#cut(new Error('connection reset (fault)'));
      return;
    }
    for (const child of this.#children) {
      child.stdout?.pause();
      child.stdin?.cork();
    }
    setTimeout(() => this.#cut(new Error('keepalive timed out (fault)')), BLACKHOLE_MS);
  }

  #cut(reason: Error | undefined): void {
    for (const child of this.#children) disconnect(child);
    this.#settle(reason);
  }
}

/** What a lost connection does: the pipes go, the command itself is not signalled. */
function disconnect(child: ChildProcess): void {
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
}
