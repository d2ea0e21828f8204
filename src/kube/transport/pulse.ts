import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

export interface PulseTimes {
  /** So long nothing may come while requests are under way, then the other side is asked for a sign of life. */
  quietMs: number;
  /** So long that sign may take. */
  answerMs: number;
}

/**
 * Notices that the other side is gone without a word (power lost, cable pulled): TCP would tell after a quarter of an
 * hour. An HTTP/2 PING is answered at once, however long the server works on the requests themselves.
 */
export class Pulse {
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #times: PulseTimes;
  readonly #dead: () => void;
  #timer: NodeJS.Timeout | undefined;
  #heard = 0;

  constructor(session: ClientHttp2Session, socket: Socket, times: PulseTimes, dead: () => void) {
    this.#session = session;
    this.#socket = socket;
    this.#times = times;
    this.#dead = dead;
  }

  start(): void {
    if (this.#timer) return;
    this.#listen();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #listen(): void {
    this.#heard = this.#socket.bytesRead;
    this.#timer = setTimeout(() => this.#quiet(), this.#times.quietMs).unref();
  }

  #quiet(): void {
    if (this.#over()) return;
    this.#session.ping(() => undefined);
    this.#timer = setTimeout(() => {
      // What came while this process was busy is read before it is judged.
      setImmediate(() => this.#judge());
    }, this.#times.answerMs).unref();
  }

  #judge(): void {
    if (!this.#timer || this.#over()) return;
    this.stop();
    this.#dead();
  }

  /** Nothing to find out: it has ended, or something came, from where on it is listened to anew. */
  #over(): boolean {
    if (this.#session.destroyed) return true;
    if (this.#socket.bytesRead === this.#heard) return false;
    this.#listen();
    return true;
  }
}
