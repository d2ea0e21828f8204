import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { KubewrightError } from '../../base/errors.ts';
import type { ApiEndpoint } from '../port.ts';
import { connect } from './connect.ts';
import { Http1Wire } from './http1.ts';
import { Http2Wire } from './http2.ts';
import type { Wire, WireAnswer, WireRequest } from './wire.ts';

const CONNECT_MS = 10_000;

/**
 * One HTTP/2 connection with many streams (several connections where the server speaks HTTP/1.1 only), made on
 * first use and again after it broke or the server went away.
 */
export class Lane {
  readonly #endpoint: ApiEndpoint;
  readonly #env: Record<string, string | undefined>;
  readonly #connectMs: number;
  #opening: Promise<Wire> | undefined;
  /** With those that a GOAWAY ended but whose last streams still run. */
  readonly #wires = new Set<Wire>();
  #stop = new AbortController();
  #closed = false;
  /** True once any connection has stood: from then on a refusal means a restart, not a wrong address. */
  everConnected = false;

  constructor(endpoint: ApiEndpoint, env: Record<string, string | undefined>, connectMs = CONNECT_MS) {
    this.#endpoint = endpoint;
    this.#env = env;
    this.#connectMs = connectMs;
  }

  async request(request: WireRequest): Promise<WireAnswer> {
    try {
      const wire = await this.#ready(request.signal);
      return await wire.request(request);
    } catch (error) {
      throw this.#closed && !request.signal?.aborted ? this.#closedError(error) : error;
    }
  }

  /** Drops the connection and whatever runs on it, without waiting; the next request makes a new one. */
  reset(): void {
    this.#stop.abort(this.#closedError());
    this.#stop = new AbortController();
    this.#opening = undefined;
    for (const wire of this.#wires) wire.destroy();
    this.#wires.clear();
  }

  /** Drops everything, for good. */
  close(): void {
    this.#closed = true;
    this.reset();
  }

  async #ready(signal: AbortSignal | undefined): Promise<Wire> {
    for (;;) {
      if (this.#closed) throw this.#closedError();
      const opening = this.#open();
      const wire = await unless(signal, opening);
      if (wire.usable) return wire;
      if (this.#opening === opening) this.#opening = undefined;
    }
  }

  #open(): Promise<Wire> {
    if (this.#opening) return this.#opening;
    const opening = this.#connectWire();
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  async #connectWire(): Promise<Wire> {
    const stop = this.#stop.signal;
    const socket = await this.#connect(stop);
    if (stop.aborted) {
      socket.destroy();
      throw stop.reason;
    }
    const { server } = this.#endpoint;
    const wire: Wire =
      socket instanceof TLSSocket && socket.alpnProtocol === 'h2'
        ? new Http2Wire(server, socket, () => this.#wires.delete(wire))
        : new Http1Wire(server, socket, () => this.#connect(stop));
    this.#wires.add(wire);
    return wire;
  }

  async #connect(signal: AbortSignal): Promise<Socket> {
    const socket = await connect(this.#endpoint, {
      alpn: ['h2', 'http/1.1'],
      env: this.#env,
      timeoutMs: this.#connectMs,
      signal,
    });
    this.everConnected = true;
    return socket;
  }

  #closedError(cause?: unknown): KubewrightError {
    return new KubewrightError({
      code: 'ClientClosed',
      message: `the client of ${this.#endpoint.server} was closed while a request was under way`,
      exit: 'connectionLost',
      cause,
    });
  }
}

/** The work goes on for others that wait for it. */
function unless<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
