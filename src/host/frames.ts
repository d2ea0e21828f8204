import type { Readable } from 'node:stream';

/** One answer of the applier: `words` of its header, and the bytes between header and closing marker. */
export interface Frame {
  words: string[];
  body: Buffer;
}

/** The stream ended, or was never understood: the channel is of no more use. */
export class Lost extends Error {
  override readonly name = 'Lost';
}

const LIMIT = 64 * 1024 * 1024;

/**
 * Reads frames (templates/host-agent/applier.sh tells their form). Whatever comes before a marker is skipped: login
 * shells greet, and things that they left running in the background talk.
 */
export class FrameReader {
  readonly #start: Buffer;
  readonly #end: Buffer;
  #pending: Buffer = Buffer.alloc(0);
  /** Header of the frame whose body is still coming, and from where to look for its end. */
  #open: { words: string[]; searched: number } | undefined;
  readonly #frames: Frame[] = [];
  readonly #waiting: { resolve: (frame: Frame) => void; reject: (error: Error) => void }[] = [];
  #failure: Error | undefined;

  constructor(stream: Readable, marker: string) {
    this.#start = Buffer.from(`${marker} `);
    this.#end = Buffer.from(`\n${marker}\n`);
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('end', () => this.fail(new Lost('the output ended')));
    stream.on('close', () => this.fail(new Lost('the channel closed')));
    stream.on('error', (error: Error) => this.fail(new Lost(error.message)));
  }

  next(): Promise<Frame> {
    const frame = this.#frames.shift();
    if (frame) return Promise.resolve(frame);
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Frames that came whole before stay readable. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#failure);
  }

  #take(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#open ? this.#body(this.#open) : this.#header());
    if (this.#pending.length > LIMIT) this.fail(new Lost('an answer larger than 64 MiB'));
  }

  #header(): boolean {
    const at = this.#pending.indexOf(this.#start);
    if (at < 0) {
      // Noise; its end may be the first part of a marker.
      this.#pending = this.#pending.subarray(Math.max(0, this.#pending.length - this.#start.length));
      return false;
    }
    const newline = this.#pending.indexOf(10, at);
    if (newline < 0) return false;
    const words = this.#pending.toString('utf8', at + this.#start.length, newline).split(' ');
    if (words.at(-1) === '+') {
      // The newline stays: an empty body's end begins with it.
      this.#pending = this.#pending.subarray(newline);
      this.#open = { words: words.slice(0, -1), searched: 0 };
    } else {
      this.#pending = this.#pending.subarray(newline + 1);
      this.#deliver({ words, body: Buffer.alloc(0) });
    }
    return true;
  }

  #body(open: { words: string[]; searched: number }): boolean {
    const end = this.#pending.indexOf(this.#end, open.searched);
    if (end < 0) {
      open.searched = Math.max(0, this.#pending.length - this.#end.length);
      return false;
    }
    const body = Buffer.from(this.#pending.subarray(Math.min(1, end), end));
    this.#pending = this.#pending.subarray(end + this.#end.length);
    this.#open = undefined;
    this.#deliver({ words: open.words, body });
    return true;
  }

  #deliver(frame: Frame): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve(frame);
    else this.#frames.push(frame);
  }
}
