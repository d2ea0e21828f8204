import type { Sleep } from '../../base/wait.ts';

export interface Race<T> {
  order: readonly string[];
  /** A server that has said nothing for so long is raced by the next one (RFC 8305, among servers). */
  staggerMs: number;
  attempt(server: string, signal: AbortSignal): Promise<T>;
  /** What came of an attempt that lost. */
  discard(value: T): void;
  /** Whether no other server can do better after this. */
  isFinal(error: unknown): boolean;
  signal: AbortSignal;
  wait: Sleep;
}

export interface Loser {
  server: string;
  /** Absent for one that had not answered yet. */
  error?: unknown;
}

export interface Winner<T> {
  server: string;
  value: T;
  /** Those that were tried before it, in the order of their failures. */
  losers: Loser[];
}

/** The failures of all, in the order in which they came. */
export class AllLost extends Error {
  readonly losers: readonly Required<Loser>[];

  constructor(losers: readonly Required<Loser>[]) {
    super('no server can be used');
    this.losers = losers;
  }
}

/** The first server that the attempt succeeds with. The next one starts when one fails, or has been quiet too long. */
export function race<T>(options: Race<T>): Promise<Winner<T>> {
  return new Promise((resolve, reject) => new Running(options, resolve, reject).next());
}

class Running<T> {
  readonly #options: Race<T>;
  readonly #resolve: (winner: Winner<T>) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #started: string[] = [];
  readonly #losers: Required<Loser>[] = [];
  #pause = new AbortController();
  #over = false;

  constructor(options: Race<T>, resolve: (winner: Winner<T>) => void, reject: (reason: unknown) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
  }

  next(): void {
    const { order, attempt, staggerMs, wait } = this.#options;
    const server = order[this.#started.length];
    this.#pause.abort();
    if (this.#over || server === undefined) return;
    this.#started.push(server);
    attempt(server, this.#signal).then(
      (value) => this.#won(server, value),
      (error) => this.#lost(server, error),
    );
    if (this.#started.length === order.length) return;
    this.#pause = new AbortController();
    wait(staggerMs, this.#pause.signal).then(
      () => this.next(),
      () => undefined,
    );
  }

  #won(server: string, value: T): void {
    if (this.#over) {
      this.#options.discard(value);
      return;
    }
    const silent = this.#started.filter(
      (each) => each !== server && !this.#losers.some((loser) => loser.server === each),
    );
    this.#end();
    this.#resolve({ server, value, losers: [...this.#losers, ...silent.map((each) => ({ server: each }))] });
  }

  #lost(server: string, error: unknown): void {
    if (this.#over) return;
    const { signal, isFinal, order } = this.#options;
    this.#losers.push({ server, error });
    if (signal.aborted || isFinal(error)) this.#fail(signal.aborted ? signal.reason : error);
    else if (this.#losers.length === order.length) this.#fail(new AllLost(this.#losers));
    else this.next();
  }

  #fail(reason: unknown): void {
    this.#end();
    this.#reject(reason);
  }

  #end(): void {
    this.#over = true;
    this.#pause.abort();
    this.#stop.abort(new Error('another server answered first'));
  }
}
