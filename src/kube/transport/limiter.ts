interface Waiting {
  go: () => void;
  signal: AbortSignal | undefined;
  stop: () => void;
}

/**
 * How many requests may be under way: starts small, grows by one for each window of successes, halves when the
 * server says 429 (additive increase, multiplicative decrease), and never passes the 100 streams that API
 * servers allow on a connection.
 */
export class Limiter {
  #limit: number;
  #running = 0;
  #successes = 0;
  #halvedAt = Number.NEGATIVE_INFINITY;
  readonly #waiting: Waiting[] = [];
  readonly #max: number;

  constructor(start = 16, max = 64) {
    this.#limit = start;
    this.#max = max;
  }

  get limit(): number {
    return this.#limit;
  }

  async acquire(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#running < this.#limit && this.#waiting.length === 0) {
      this.#running++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const entry: Waiting = { go: resolve, signal, stop: () => this.#leave(entry, reject) };
      this.#waiting.push(entry);
      signal?.addEventListener('abort', entry.stop, { once: true });
    });
  }

  release(outcome: 'ok' | 'throttled'): void {
    this.#running--;
    if (outcome === 'throttled') this.#halve();
    else if (++this.#successes >= this.#limit && this.#limit < this.#max) {
      this.#limit++;
      this.#successes = 0;
    }
    while (this.#running < this.#limit) {
      const next = this.#waiting.shift();
      if (!next) return;
      next.signal?.removeEventListener('abort', next.stop);
      this.#running++;
      next.go();
    }
  }

  #leave(entry: Waiting, reject: (reason: unknown) => void): void {
    this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    reject(entry.signal?.reason);
  }

  /** A burst of refusals is one signal, not many. */
  #halve(): void {
    const now = performance.now();
    this.#successes = 0;
    if (now - this.#halvedAt < 500) return;
    this.#halvedAt = now;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
  }
}
