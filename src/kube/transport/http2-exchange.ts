import { type ClientHttp2Stream, constants } from 'node:http2';
import { Readable } from 'node:stream';
import { answerIncomplete, isTlsRefusal, notTaken, type WireAnswer, type WireRequest } from './wire.ts';

const HEADERS_FRAME = 1;
/** As much as the server may send unasked: never paused below that, so a lost connection loses nothing received. */
export const BUFFER = 2 * 1024 * 1024;

type Incoming = Record<string, string | string[] | undefined>;

/**
 * One request and its answer on a stream of node:http2. That emits `end` for any end: of the message, of the
 * stream, of the connection. Here a body is whole only when the server marked its end (END_STREAM) or sent
 * the bytes that it announced; a reset after that (Go sends NO_ERROR when it answers before it has read the
 * request) takes nothing back, RFC 9113, 8.1.
 */
export class Http2Exchange {
  readonly answer: Promise<WireAnswer>;
  readonly #stream: ClientHttp2Stream;
  readonly #connectionError: () => Error | undefined;
  #resolve!: (answer: WireAnswer) => void;
  #reject!: (reason: unknown) => void;
  #body: Readable | undefined;
  #marked = false;
  #unsent = false;
  #received = 0;
  #announced: number | undefined;
  #error: Error | undefined;
  #done = false;

  constructor(stream: ClientHttp2Stream, request: WireRequest, connectionError: () => Error | undefined) {
    this.#stream = stream;
    this.#connectionError = connectionError;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#watchMark();
    this.#listen();
    this.#obey(request.signal);
    if (request.body !== undefined) stream.end(request.body);
  }

  /** The public events do not tell END_STREAM from a stream that was closed: only the former ends it while open. */
  #watchMark(): void {
    const stream = this.#stream;
    const push = stream.push.bind(stream);
    stream.push = (chunk, encoding) => {
      if (chunk === null && !stream.closed && !stream.destroyed) this.#marked = true;
      return push(chunk, encoding);
    };
  }

  #listen(): void {
    const stream = this.#stream;
    stream.on('frameError', (type) => {
      if (type === HEADERS_FRAME) this.#unsent = true;
    });
    stream.once('response', (headers) => this.#begin(headers as Incoming));
    stream.on('error', (error) => {
      this.#error ??= error;
      this.#finish();
    });
    stream.once('end', () => this.#finish());
    stream.once('close', () => this.#finish());
  }

  #begin(incoming: Incoming): void {
    const { ':status': status, ...headers } = incoming;
    const length = headers['content-length'];
    this.#announced = length === undefined ? undefined : Number(length);
    const stream = this.#stream;
    const body = new Readable({
      highWaterMark: BUFFER,
      read: () => void stream.resume(),
      destroy: (error, done) => {
        this.#release();
        done(error);
      },
    });
    this.#body = body;
    stream.on('data', (chunk: Buffer) => {
      if (body.destroyed) return;
      this.#received += chunk.length;
      if (!body.push(chunk)) stream.pause();
    });
    this.#resolve({ statusCode: Number(status), headers, body });
  }

  /** At the first of end, error and close; those that follow change nothing. */
  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    const whole = (this.#marked && this.#stream.readableEnded) || this.#received === this.#announced;
    if (!this.#body)
      this.#reject(this.#neverBegun() ? notTaken(this.#cause()) : answerIncomplete(this.#cause()));
    else if (whole && !this.#body.destroyed) this.#body.push(null);
    else this.#body.destroy(answerIncomplete(this.#cause()));
    this.#release();
  }

  #cause(): Error | undefined {
    return this.#error ?? this.#connectionError();
  }

  /** It has no number yet, or its headers could not be sent, or the server put it back (also by GOAWAY). */
  #neverBegun(): boolean {
    const refused = this.#stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    return (this.#stream.pending || this.#unsent || refused) && !isTlsRefusal(this.#cause());
  }

  #obey(signal: AbortSignal | undefined): void {
    if (!signal) return;
    const stop = () => {
      this.#reject(signal.reason);
      this.#body?.destroy(signal.reason);
      this.#release();
    };
    signal.addEventListener('abort', stop, { once: true });
    this.#stream.once('close', () => signal.removeEventListener('abort', stop));
  }

  /** The rest of the request or of the answer is of no use any more. */
  #release(): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
    stream.destroy();
  }
}
