import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Duplex, PassThrough, type Readable } from 'node:stream';
import type { Channel } from '../connection.ts';
import { connectionLost, sessionRefused, tunnelRefused } from '../ssh/errors.ts';
import { MAX_SESSIONS, SessionLimit, type SessionLink } from '../ssh/session-link.ts';
import { clientArguments, MASTER_ALIAS } from './arguments.ts';
import { LogFile } from './log.ts';
import { kill, type Master } from './master.ts';
import type { Peer } from './resolve.ts';

/** What ssh exits with for itself, and for a command that a signal ended. */
const OWN_EXIT = 255;
/** For a goodbye to the other side, which may be silent. */
const FAREWELL_MS = 500;
const OPENED = /master session id: \d+/;

/** Sessions and tunnels over one master, an ssh process each. */
export class OpenSshLink implements SessionLink {
  sessions = 0;
  limit: number = MAX_SESSIONS;
  readonly closed: Promise<Error | undefined>;
  readonly #master: Master;
  readonly #peer: Peer;
  readonly #env: NodeJS.ProcessEnv;
  readonly #streams = new Set<Duplex>();
  #lost: Error | undefined;
  #ended = false;
  #count = 0;

  constructor(master: Master, peer: Peer, env: NodeJS.ProcessEnv) {
    this.#master = master;
    this.#peer = peer;
    this.#env = env;
    this.closed = new Promise((resolve) => {
      const gone = () => {
        this.#lost = connectionLost(peer, lastWords(master.log));
        for (const stream of this.#streams) stream.destroy(this.#ended ? undefined : this.#lost);
        resolve(this.#ended ? undefined : this.#lost);
      };
      // Read before the folder goes with the process.
      master.child.prependOnceListener('close', gone);
    });
  }

  get alive(): boolean {
    return this.#lost === undefined && !this.#ended;
  }

  async session(command: string, onEnd: () => void): Promise<Channel> {
    const client = this.#client([MASTER_ALIAS, '--', command]);
    const { log } = client;
    if (await isOpened(client)) return this.#channelOf(client, onEnd);
    const said = log.messages().split('\n')[0] ?? '';
    if (!this.alive) throw new Error('the connection is closed', { cause: this.#lost });
    if (/refused by peer|session request failed/.test(said)) throw new SessionLimit(said);
    throw sessionRefused(this.#peer, new Error(said || 'ssh opened no session'));
  }

  async tunnel(host: string, port: number): Promise<Duplex> {
    const to = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    if (!this.alive) throw this.#lost ?? connectionLost(this.#peer);
    const client = this.#client(['-W', to, MASTER_ALIAS]);
    const { child, log, stdout, stderr } = client;
    if (!(await isOpened(client))) {
      if (!this.alive) throw this.#lost ?? connectionLost(this.#peer);
      throw tunnelRefused(this.#peer, to, new Error(tunnelFault(log, this.#master.log)));
    }
    stderr.resume();
    const stream = Duplex.from({ readable: stdout, writable: child.stdin! });
    // A tunnel that nobody looks at any more must not end the process.
    stream.on('error', () => undefined);
    this.#streams.add(stream);
    stream.once('close', () => {
      this.#streams.delete(stream);
      child.kill();
    });
    return stream;
  }

  async end(): Promise<void> {
    this.#ended = true;
    const { child } = this.#master;
    child.stdin?.end();
    const timer = setTimeout(() => kill(child), FAREWELL_MS);
    await this.closed;
    clearTimeout(timer);
  }

  /** Listened to from the start: a command may have ended before we know that it began. */
  #client(words: readonly string[]): Client {
    const { folder, socket } = this.#master;
    const log = new LogFile(join(folder, `${this.#count++}.log`));
    const argv = [...clientArguments(socket, log.path), ...words];
    const child = spawn('ssh', argv, { env: this.#env, stdio: 'pipe', detached: true });
    const client: Client = {
      child,
      log,
      over: false,
      closed: once(child, 'close') as Client['closed'],
      ...outputs(child),
    };
    const end = () => {
      client.over = true;
    };
    client.closed.then(end, end);
    child.stdin.on('error', () => undefined); // the exit says why
    this.closed.then(end);
    return client;
  }

  #channelOf({ child, log, closed, stdout, stderr }: Client, onEnd: () => void): Channel {
    let killed = false;
    const status = async (): Promise<{ code: number | null; signal?: string }> => {
      const [code, signal] = await closed;
      if (killed) return { code: null, signal: 'SIGKILL' };
      const told = /Received exit status from master (\d+)/.exec(log.text())?.[1];
      const own = signal !== null || (code === OWN_EXIT && told === undefined);
      const outcome = own ? await this.#verdict() : { code };
      await Promise.all([isRead(stdout), isRead(stderr)]);
      return outcome;
    };
    const exit = status();
    exit.then(onEnd, onEnd);
    const end = () => {
      killed = true;
      child.kill('SIGKILL');
      for (const stream of [child.stdin, stdout, stderr]) stream?.destroy();
    };
    return { stdin: child.stdin!, stdout, stderr, exit, kill: end };
  }

  /**
   * No status of the command came: the connection went away, or a signal ended the command. The master's own end may
   * be a moment behind that of its clients.
   */
  async #verdict(): Promise<{ code: null }> {
    const pause = new Promise<'alive'>((resolve) => setTimeout(resolve, FAREWELL_MS, 'alive'));
    if ((await Promise.race([this.closed, pause])) === 'alive') return { code: null };
    throw this.#lost ?? connectionLost(this.#peer);
  }
}

interface Client {
  child: ChildProcess;
  log: LogFile;
  /** Nothing more will be written to the log. */
  over: boolean;
  closed: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  stdout: PassThrough;
  stderr: PassThrough;
}

function isOpened(client: Client): Promise<true | undefined> {
  return client.log.until(
    (text) => (OPENED.test(text) ? true : undefined),
    () => client.over,
  );
}

/** Node throws away what a child that has ended wrote and nobody has begun to read: these keep it. */
function outputs(child: ChildProcess): Pick<Client, 'stdout' | 'stderr'> {
  const keep = (from: Readable | null) => from!.on('error', () => undefined).pipe(new PassThrough());
  return { stdout: keep(child.stdout), stderr: keep(child.stderr) };
}

/** The command has ended: what it wrote is in the stream, and has to be taken out of it. */
async function isRead(stream: PassThrough): Promise<void> {
  if (stream.readableLength > 0 && !stream.destroyed) await once(stream, 'close');
}

function lastWords(log: LogFile): Error | undefined {
  const words = log.messages().split('\n').at(-1);
  if (!words) return undefined;
  return new Error(/^Timeout, server/.test(words) ? `no sign of life: ${words}` : words);
}

/** The client is told that it failed, the master why. */
function tunnelFault(client: LogFile, master: LogFile): string {
  const reasons = [...master.text().matchAll(/channel \d+: open failed: (.*)/g)];
  return reasons.at(-1)?.[1] ?? client.messages().split('\n')[0] ?? 'refused';
}
