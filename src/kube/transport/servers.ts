import type { Socket } from 'node:net';
import { KubewrightError } from '../../base/errors.ts';
import { sleep } from '../../base/wait.ts';
import type { ApiEndpoint } from '../port.ts';
import { connect } from './connect.ts';
import { allFailed, at, failedServer } from './failures.ts';
import { AllLost, type Loser, race } from './race.ts';
import type { ServerMemory } from './server-memory.ts';
import { failed, orderOf, type Standing, worked } from './standing.ts';

const CONNECT_MS = 10_000;
const STAGGER_MS = 1000;

export interface ServersOptions {
  env: Record<string, string | undefined>;
  /** For making a connection to one of them; default 10 000. */
  connectMs?: number | undefined;
  memory?: ServerMemory;
  /** Told once of each server that failed, with the one that is used in its place. */
  warn?: ((text: string) => void) | undefined;
  /** A server that is quiet for so long gets company; default 1000. */
  staggerMs?: number | undefined;
}

/** The API servers of one cluster, and which of them is asked next. All connections of a client share it. */
export class Servers {
  readonly #endpoint: ApiEndpoint;
  readonly #options: ServersOptions;
  readonly #told = new Set<string>();
  /** Why, of those that failed, until another one is used. */
  readonly #reasons = new Map<string, unknown>();
  #standing: Standing;
  #remembered: Promise<void> | undefined;

  constructor(endpoint: ApiEndpoint, options: ServersOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#standing = { all: endpoint.servers ?? [endpoint.server], failed: [] };
  }

  /** The context's own. */
  get main(): string {
    return this.#endpoint.server;
  }

  get count(): number {
    return this.#standing.all.length;
  }

  /** A connection to the first of them that takes one. */
  async connect(alpn: Alpn, signal: AbortSignal): Promise<{ server: string; socket: Socket }> {
    this.#remembered ??= this.#remember();
    await this.#remembered;
    try {
      const { server, value, losers } = await race({
        order: orderOf(this.#standing),
        staggerMs: this.#options.staggerMs ?? STAGGER_MS,
        attempt: (each, stop) => this.connectTo(each, alpn, stop),
        discard: (socket) => socket.destroy(),
        isFinal: isOurs,
        signal,
        wait: sleep,
      });
      this.#won(server, losers);
      return { server, socket: value };
    } catch (error) {
      if (!(error instanceof AllLost)) throw error;
      for (const loser of error.losers) this.failed(loser.server, loser.error);
      throw this.count === 1 ? error.losers[0]!.error : allFailed(error.losers, this.#endpoint);
    }
  }

  /** A further connection to one that stands already. */
  connectTo(server: string, alpn: Alpn, signal: AbortSignal): Promise<Socket> {
    const { env, connectMs: timeoutMs = CONNECT_MS } = this.#options;
    return connect(at(this.#endpoint, server), { alpn, env, timeoutMs, signal });
  }

  /** It comes last from now on, until it has worked again. */
  failed(server: string, reason: unknown): void {
    this.#standing = failed(this.#standing, server);
    this.#reasons.set(server, reason);
  }

  async #remember(): Promise<void> {
    const good = this.count > 1 ? await this.#options.memory?.read(this.#standing.all) : undefined;
    if (good !== undefined) this.#standing = worked(this.#standing, good);
  }

  #won(server: string, losers: readonly Loser[]): void {
    for (const loser of losers) this.failed(loser.server, loser.error);
    this.#standing = worked(this.#standing, server);
    this.#reasons.delete(server);
    if (this.count === 1) return;
    this.#options.memory?.write(server);
    for (const [lost, reason] of this.#reasons) this.#tell(lost, reason, server);
    this.#reasons.clear();
  }

  #tell(lost: string, reason: unknown, used: string): void {
    const text = `${failedServer(reason, at(this.#endpoint, lost))}; ${used} is used instead`;
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#options.warn?.(text);
  }
}

type Alpn = ('h2' | 'http/1.1')[];

/** Our own certificate, plugin or file is at fault: no other server would take it. */
function isOurs(error: unknown): boolean {
  return error instanceof KubewrightError && !['ConnectTimeout', ...PROXY].includes(error.code);
}

const PROXY = ['ProxyRefused', 'ProxyUnreachable'];
