import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Dispatcher, Pool } from 'undici';
import type { ApiEndpoint } from '../port.ts';
import { connect } from './connect.ts';

/** A body this large in one window: lists of thousands of objects come without waiting for window updates. */
const STREAM_WINDOW = 2 * 1024 * 1024;
const CONNECTION_WINDOW = 16 * 1024 * 1024;
/** For servers and proxies that speak HTTP/1.1 only. */
const HTTP1_CONNECTIONS = 16;

/**
 * One HTTP/2 connection with many streams (several connections where the server speaks HTTP/1.1 only), made on
 * first use and again after it broke. undici owns the framing; the sockets are ours, see connect.ts.
 */
export class Lane {
  #pool: Promise<Pool> | undefined;
  readonly #endpoint: ApiEndpoint;
  readonly #env: Record<string, string | undefined>;
  /** True once any connection has stood: from then on a refusal means a restart, not a wrong address. */
  everConnected = false;

  constructor(endpoint: ApiEndpoint, env: Record<string, string | undefined>) {
    this.#endpoint = endpoint;
    this.#env = env;
  }

  async request(options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    this.#pool ??= this.#open();
    const opening = this.#pool;
    try {
      return await (await opening).request(options);
    } catch (error) {
      if (await failedToOpen(opening)) this.#forget(opening);
      throw error;
    }
  }

  /** Drops the connection and whatever runs on it; the next request makes a new one. */
  async reset(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.then(
      (open) => open.destroy(),
      () => undefined,
    );
  }

  #forget(opening: Promise<Pool>): void {
    if (this.#pool === opening) this.#pool = undefined;
  }

  async #open(): Promise<Pool> {
    let first: Socket | undefined = await this.#connect();
    const h2 = first instanceof TLSSocket && first.alpnProtocol === 'h2';
    return new Pool(this.#endpoint.server, {
      connections: h2 ? 1 : HTTP1_CONNECTIONS,
      pipelining: h2 ? 100 : 1,
      allowH2: true,
      initialWindowSize: STREAM_WINDOW,
      h2Options: { connectionWindowSize: CONNECTION_WINDOW },
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 60_000,
      connect: (_options, done) => {
        const ready = first;
        first = undefined;
        const socket = ready && !ready.destroyed ? Promise.resolve(ready) : this.#connect();
        socket.then(
          (connected) => done(null, connected),
          (error) => done(error, null),
        );
      },
    });
  }

  async #connect(): Promise<Socket> {
    // undici joins repeated headers into one over HTTP/2, and `Impersonate-Group: a, b` is another group.
    const several = (this.#endpoint.impersonate?.groups?.length ?? 0) > 1;
    const socket = await connect(this.#endpoint, {
      alpn: several ? ['http/1.1'] : ['h2', 'http/1.1'],
      env: this.#env,
      timeoutMs: 10_000,
    });
    this.everConnected = true;
    return socket;
  }
}

async function failedToOpen(opening: Promise<unknown>): Promise<boolean> {
  return opening.then(
    () => false,
    () => true,
  );
}
