import type { Reporter, TimingSpan as Span } from '../output/events.ts';
import { criticalPath } from './critical-path.ts';

/** Where the seconds of a run went; every run ends with it. */
export class Timeline {
  readonly #started = performance.now();
  readonly #spans: Span[] = [];

  /** `about`: what it came after, or what is waited for inside of it. */
  async span<T>(
    name: string,
    host: string | undefined,
    work: () => Promise<T>,
    about: Pick<Span, 'after' | 'wait'> = {},
  ): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#spans.push({
        name,
        ...(host ? { host } : {}),
        start: (start - this.#started) / 1000,
        seconds: (performance.now() - start) / 1000,
        ...about,
      });
    }
  }

  report(reporter: Reporter): void {
    const total = this.seconds;
    const { spans: path, idle, waiting } = criticalPath(this.#spans, total);
    reporter.emit({ type: 'timing', total, spans: this.#spans, critical: { path, idle, waiting } });
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}
