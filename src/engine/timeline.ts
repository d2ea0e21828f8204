import type { Reporter } from '../output/events.ts';

interface Span {
  name: string;
  host?: string;
  start: number;
  seconds: number;
}

/** Where the seconds of a run went; every run ends with it. */
export class Timeline {
  readonly #started = performance.now();
  readonly #spans: Span[] = [];

  async span<T>(name: string, host: string | undefined, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#spans.push({
        name,
        ...(host ? { host } : {}),
        start: (start - this.#started) / 1000,
        seconds: (performance.now() - start) / 1000,
      });
    }
  }

  report(reporter: Reporter): void {
    reporter.emit({ type: 'timing', total: this.seconds, spans: this.#spans });
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}
