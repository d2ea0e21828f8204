import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { KubewrightError } from '../../base/errors.ts';
import type { Channel } from '../connection.ts';
import type { HostConfig } from './config.ts';
import { connectionLost, sessionRefused, tunnelRefused } from './errors.ts';
import { SessionLimit, type SessionLink } from './session-link.ts';
import { ChannelInput, TunnelStream } from './streams.ts';

type Done<T> = (error: Error | undefined, answer: T) => void;

/** Unanswered keepalives until the other side counts as gone, and half an interval for their way. */
export const PATIENCE = 3.5;

/** One SSH connection that is logged in: opens sessions and tunnels, and knows when it is gone. */
export class Link implements SessionLink {
  /** Sessions open or being opened, and how many the server allows. */
  sessions = 0;
  limit: number;
  readonly closed: Promise<Error | undefined>;
  readonly #client: Client;
  readonly #config: HostConfig;
  readonly #open = new Map<ClientChannel, (reason: Error) => void>();
  readonly #tunnels = new Set<TunnelStream>();
  readonly #pending = new Set<(reason: Error) => void>();
  #lost: Error | undefined;
  #ended = false;

  constructor(
    client: Client,
    stream: Duplex,
    config: HostConfig,
    options: { limit: number; keepaliveMs: number },
  ) {
    this.#client = client;
    this.#config = config;
    this.limit = options.limit;
    let cause: Error | undefined;
    const stopWatching = watchForSilence(stream, options.keepaliveMs, (error) => {
      cause = error;
      stream.destroy();
    });
    client.on('error', (error) => {
      cause ??= error;
    });
    this.closed = new Promise((resolve) => {
      const gone = () => {
        if (this.#lost) return;
        stopWatching();
        this.#lost = connectionLost(config, cause);
        this.#cutChannels(this.#lost);
        for (const tunnel of this.#tunnels) tunnel.destroy(this.#ended ? undefined : this.#lost);
        for (const reject of this.#pending) reject(this.#lost);
        resolve(this.#ended ? undefined : this.#lost);
      };
      // ssh2 cleans up its channels after 'close': here they still tell what they had received.
      client.on('close', gone);
      // A tunnel to the next hop ends without ever closing when the hop dies.
      client.on('end', () => stream.destroy());
      stream.once('close', gone);
    });
  }

  get alive(): boolean {
    return this.#lost === undefined && !this.#ended;
  }

  /**
   * Rejects with SessionLimit where the server opens no more, with a plain error where the connection is gone:
   * whoever holds it may make another one.
   */
  session(command: string, onEnd: () => void): Promise<Channel> {
    const make = (channel: ClientChannel) => this.#channelOf(channel, onEnd);
    const start = (done: Done<ClientChannel>) => this.#client.exec(command, done);
    return this.#ask(start, make).catch((error: Error) => {
      if (!this.alive) throw new Error(error.message, { cause: error });
      throw 'reason' in error ? new SessionLimit(error.message) : sessionRefused(this.#config, error);
    });
  }

  tunnel(host: string, port: number): Promise<Duplex> {
    const make = (channel: ClientChannel) => {
      const stream = new TunnelStream(channel);
      this.#tunnels.add(stream);
      stream.once('close', () => this.#tunnels.delete(stream));
      return stream;
    };
    const start = (done: Done<ClientChannel>) => this.#client.forwardOut('127.0.0.1', 0, host, port, done);
    return this.#ask(start, make).catch((error: Error) => {
      const to = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      throw error instanceof KubewrightError ? error : tunnelRefused(this.#config, to, error);
    });
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#client.end();
    // The other side may be silent: it gets a moment to say goodbye.
    const timer = setTimeout(() => this.#client.destroy(), 500);
    await this.closed;
    clearTimeout(timer);
  }

  /**
   * ssh2 throws where the connection is gone, and never calls back where it goes in between. What is made of the
   * channel is made within its callback: the next events (exit, close) may follow in the same packet.
   */
  #ask<T, R>(start: (done: Done<T>) => void, make: (answer: T) => R): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    this.#pending.add(reject);
    try {
      if (!this.alive) throw connectionLost(this.#config);
      start((error, answer) => (error ? reject(this.#lost ?? error) : resolve(make(answer))));
    } catch {
      reject(this.#lost ?? connectionLost(this.#config));
    }
    return promise.finally(() => this.#pending.delete(reject));
  }

  #channelOf(channel: ClientChannel, onEnd: () => void): Channel {
    const stdin = new ChannelInput(channel);
    let status: { code: number | null; signal?: string } | undefined;
    let killed = false;
    const exit = new Promise<{ code: number | null; signal?: string }>((resolve, reject) => {
      channel.on('exit', (code: number | null, signal?: string) => {
        status = code === null ? { code, ...(signal ? { signal } : {}) } : { code };
      });
      this.#open.set(channel, (reason) => {
        stdin.destroy(reason);
        reject(reason);
      });
      channel.on('close', () => {
        this.#open.delete(channel);
        // Closing gives a killed command the end of its input: its status then means nothing.
        resolve(killed ? { code: null, signal: 'SIGKILL' } : (status ?? { code: null }));
      });
    });
    exit.catch(() => undefined);
    exit.then(onEnd, onEnd);
    const kill = () => {
      killed = status === undefined;
      channel.signal('KILL');
      stdin.destroy();
      channel.close();
      channel.resume();
      channel.stderr.resume();
    };
    return { stdin, stdout: channel, stderr: channel.stderr, exit, kill };
  }

  /** A status may come before the last output: only a channel that the server ended is complete. */
  #cutChannels(reason: Error): void {
    for (const [channel, cut] of this.#open) {
      const { incoming } = channel as unknown as { incoming: { state: string } };
      const exit = (channel as unknown as { _exit: { code?: number | null } })._exit;
      if (incoming.state === 'open' || exit.code === undefined) cut(reason);
    }
  }
}

/**
 * Half-open connections: ssh2 sends a keepalive an interval, and any byte that comes in is a sign of life (its own
 * count would give up on a slow link whose answers queue behind an upload).
 */
function watchForSilence(stream: Duplex, intervalMs: number, onSilence: (error: Error) => void): () => void {
  let last = performance.now();
  const heard = () => {
    last = performance.now();
  };
  stream.on('data', heard);
  const timer = setInterval(() => {
    const silent = performance.now() - last;
    if (silent > intervalMs * PATIENCE) {
      onSilence(new Error(`no sign of life for ${Math.round(silent / 1000)} s`));
    }
  }, intervalMs / 4);
  return () => {
    clearInterval(timer);
    stream.off('data', heard);
  };
}
