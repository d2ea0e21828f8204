import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Socket } from 'node:net';
import { BUFFER, Http2Exchange } from './http2-exchange.ts';
import { Pulse, type PulseTimes } from './pulse.ts';
import { noAnswerYet, notTaken, type Wire, type WireAnswer, type WireRequest } from './wire.ts';

/** A body this large in one window: lists of thousands of objects come without waiting for window updates. */
const STREAM_WINDOW = BUFFER;
const CONNECTION_WINDOW = 16 * 1024 * 1024;
/** Until the server says how many streams it allows; what is more waits inside node:http2. */
const STREAMS = 100;
const MEMORY_MB = 512;
const IDLE_MS = 60_000;

/** One HTTP/2 connection. It keeps the process alive only while something runs on it. */
export class Http2Wire implements Wire {
  usable = true;
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #authority: string;
  #running = 0;
  #idle: NodeJS.Timeout | undefined;
  #lost: Error | undefined;
  readonly #pulse: Pulse | undefined;

  /** With a pulse, a connection that has gone silent ends what runs on it. */
  constructor(server: string, socket: Socket, onClose: () => void, pulse?: PulseTimes) {
    this.#socket = socket;
    this.#authority = new URL(server).host;
    const session = connect(server, {
      createConnection: () => socket,
      peerMaxConcurrentStreams: STREAMS,
      maxSessionMemory: MEMORY_MB,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
    });
    this.#session = session;
    if (pulse)
      this.#pulse = new Pulse(session, socket, pulse, () => {
        this.#lost = noAnswerYet(pulse.quietMs + pulse.answerMs);
        this.destroy();
      });
    session.once('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW));
    session.on('goaway', () => {
      this.usable = false;
    });
    session.on('error', (error) => {
      this.usable = false;
      this.#lost ??= error;
    });
    session.once('close', () => {
      this.usable = false;
      clearTimeout(this.#idle);
      this.#pulse?.stop();
      onClose();
    });
    this.#rest();
  }

  async request(request: WireRequest): Promise<WireAnswer> {
    request.signal?.throwIfAborted();
    const stream = this.#begin(request);
    this.#work();
    stream.once('close', () => this.#rest());
    return new Http2Exchange(stream, request, () => this.#lost).answer;
  }

  destroy(): void {
    this.usable = false;
    clearTimeout(this.#idle);
    this.#session.destroy();
    this.#socket.destroy();
  }

  #begin({ method, path, headers, body }: WireRequest): ClientHttp2Stream {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const all = {
      ...headers,
      ...length,
      ':method': method,
      ':path': path,
      ':scheme': 'https',
      ':authority': this.#authority,
    };
    try {
      return this.#session.request(all, { endStream: body === undefined });
    } catch (cause) {
      const { code } = cause as { code?: string };
      if (code !== 'ERR_HTTP2_GOAWAY_SESSION' && code !== 'ERR_HTTP2_INVALID_SESSION') throw cause;
      this.usable = false;
      throw notTaken(cause);
    }
  }

  #work(): void {
    clearTimeout(this.#idle);
    this.#pulse?.start();
    if (this.#running++ === 0) this.#session.ref();
  }

  #rest(): void {
    this.#running = Math.max(0, this.#running - 1);
    if (this.#running > 0 || this.#session.destroyed) return;
    this.#pulse?.stop();
    this.#session.unref();
    this.#idle = setTimeout(() => {
      this.usable = false;
      this.#session.close();
    }, IDLE_MS).unref();
  }
}
