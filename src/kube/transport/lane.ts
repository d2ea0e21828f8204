import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { KubewrightError } from '../../base/errors.ts';
import { Http1Wire } from './http1.ts';
import { Http2Wire } from './http2.ts';
import type { PulseTimes } from './pulse.ts';
import { connectionBroke, refusedUnseen } from './retry.ts';
import type { Servers } from './servers.ts';
import { noAnswerYet, type Wire, type WireAnswer, type WireRequest } from './wire.ts';

/** Where another server can take over, one that is gone is noticed in seconds. */
const PULSE: PulseTimes = { quietMs: 3000, answerMs: 6000 };

export interface LaneRequest extends WireRequest {
  /** So long the headers may take; then the server is left for another one. Only where there is one. */
  answerMs?: number | undefined;
}

export interface LaneAnswer extends WireAnswer {
  server: string;
  /** This server cannot do it, for this reason: what comes next goes to another one. What runs there goes on. */
  leave(reason: unknown): void;
}

/** A connection, and the server that it goes to. */
interface Held {
  server: string;
  wire: Wire;
  opening?: Promise<Held>;
  left?: boolean;
}

/**
 * One HTTP/2 connection with many streams (several connections where the server speaks HTTP/1.1 only), made on
 * first use and again, to the same server or to another of the cluster, after it broke or the server went away.
 */
export class Lane {
  readonly #servers: Servers;
  readonly #pulse: PulseTimes;
  #opening: Promise<Held> | undefined;
  #held: Held | undefined;
  /** With those that a GOAWAY ended but whose last streams still run. */
  readonly #wires = new Set<Wire>();
  #stop = new AbortController();
  #closed = false;
  /** True once any connection has stood: from then on a refusal means a restart, not a wrong address. */
  everConnected = false;

  constructor(servers: Servers, pulse: PulseTimes = PULSE) {
    this.#servers = servers;
    this.#pulse = pulse;
  }

  /** The server that was last connected to; undefined before that. */
  get server(): string | undefined {
    return this.#held?.server;
  }

  get servers(): number {
    return this.#servers.count;
  }

  async request({ answerMs, ...request }: LaneRequest): Promise<LaneAnswer> {
    let held: Held | undefined;
    try {
      held = await this.#ready(request.signal);
      const { server, wire } = held;
      const answer = await within(this.servers > 1 ? answerMs : undefined, request, (limited) =>
        wire.request(limited),
      );
      const from = held;
      return { ...answer, server, leave: (reason) => this.#leave(from, reason) };
    } catch (error) {
      if (request.signal?.aborted) throw error;
      if (this.#closed) throw this.#closedError(error);
      if (held && connectionBroke(error) && !refusedUnseen(error)) this.#leave(held, error);
      throw error;
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

  /** Many may be told so by one connection. The first leaves it, the others find themselves on their way. */
  #leave(held: Held, reason: unknown): void {
    if (this.servers === 1 || held.left) return;
    held.left = true;
    if (this.#opening === held.opening) this.#opening = undefined;
    this.#servers.failed(held.server, reason);
  }

  async #ready(signal: AbortSignal | undefined): Promise<Held> {
    for (;;) {
      if (this.#closed) throw this.#closedError();
      const opening = this.#open();
      const held = await unless(signal, opening);
      if (held.wire.usable) return held;
      if (this.#opening === opening) this.#opening = undefined;
    }
  }

  #open(): Promise<Held> {
    if (this.#opening) return this.#opening;
    const opening = this.#connectWire();
    this.#opening = opening;
    opening.then(
      (held) => {
        held.opening = opening;
      },
      () => {
        if (this.#opening === opening) this.#opening = undefined;
      },
    );
    return opening;
  }

  async #connectWire(): Promise<Held> {
    const stop = this.#stop.signal;
    const { server, socket } = await this.#servers.connect(['h2', 'http/1.1'], stop);
    if (stop.aborted) {
      socket.destroy();
      throw stop.reason;
    }
    this.everConnected = true;
    const held: Held = { server, wire: this.#wireOf(server, socket, () => this.#further(held, stop)) };
    this.#wires.add(held.wire);
    this.#held = held;
    return held;
  }

  #wireOf(server: string, socket: Socket, further: () => Promise<Socket>): Wire {
    if (!(socket instanceof TLSSocket) || socket.alpnProtocol !== 'h2')
      return new Http1Wire(server, socket, further);
    const pulse = this.servers > 1 ? this.#pulse : undefined;
    const wire: Wire = new Http2Wire(server, socket, () => this.#wires.delete(wire), pulse);
    return wire;
  }

  async #further(held: Held, stop: AbortSignal): Promise<Socket> {
    try {
      return await this.#servers.connectTo(held.server, ['h2', 'http/1.1'], stop);
    } catch (error) {
      this.#leave(held, error);
      throw error;
    }
  }

  #closedError(cause?: unknown): KubewrightError {
    return new KubewrightError({
      code: 'ClientClosed',
      message: `the client of ${this.#servers.main} was closed while a request was under way`,
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

/** The time is for the headers; the body may take its own. */
async function within(
  ms: number | undefined,
  request: WireRequest,
  send: (request: WireRequest) => Promise<WireAnswer>,
): Promise<WireAnswer> {
  if (ms === undefined) return send(request);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(noAnswerYet(ms)), ms);
  const signal = request.signal ? AbortSignal.any([request.signal, limit.signal]) : limit.signal;
  try {
    return await send({ ...request, signal });
  } finally {
    clearTimeout(timer);
  }
}
