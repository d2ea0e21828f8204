import { mapLimit } from '../base/concurrency.ts';
import type { Reporter } from '../output/events.ts';
import type { Cache } from './cache.ts';
import type { Work } from './port.ts';

export interface MakeOptions {
  cache: Cache;
  reporter: Reporter;
  signal?: AbortSignal;
}

/** Several at once: the network is waited for, not this machine. */
const DOWNLOADS = 4;

/** Does all of it: downloads beside each other, then what is built. */
export async function make(options: MakeOptions, works: readonly Work[]): Promise<void> {
  const downloads = works.filter(({ download }) => download);
  await mapLimit(downloads, DOWNLOADS, (work) => work.run(options.signal));
  await build(
    options,
    works.filter(({ download }) => !download),
  );
}

/**
 * Does the pieces one after another (each uses all processors) and says how far it is: seconds against what the
 * same piece took here the last time, or else on the reference machine. The estimate of a piece that is over time
 * stands still just before its end.
 */
async function build(options: MakeOptions, works: readonly Work[]): Promise<void> {
  if (works.length === 0) return;
  const { cache, reporter, signal } = options;
  const times = await cache.times();
  const estimates = works.map((work) => times[timeKey(work)] ?? work.seconds);
  const total = sum(estimates);
  announce(options, works, total);
  const progress = (done: number, label: string, finished = false) =>
    reporter.emit({ type: 'progress', id: 'components', label, done, total, unit: 'seconds', finished });
  for (const [index, work] of works.entries()) {
    const before = sum(estimates.slice(0, index));
    const estimate = estimates[index] ?? work.seconds;
    const label = `making ${work.label} (${index + 1} of ${works.length})`;
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1000;
    progress(before, label);
    const ticker = setInterval(() => progress(before + Math.min(seconds(), estimate * 0.99), label), 1000);
    try {
      await work.run(signal);
    } finally {
      clearInterval(ticker);
    }
    await cache.recordTime(timeKey(work), seconds());
  }
  progress(total, `made ${works.length} of ${works.length}`, true);
}

/** Two peers of a module built alone say nothing about the whole module. */
function timeKey(work: Work): string {
  return `${work.label}, ${work.components.length} components`;
}

/** Once: why this takes long, how long, and that it is for this one time. */
function announce({ reporter, cache }: MakeOptions, works: readonly Work[], seconds: number): void {
  const count = works.flatMap((work) => work.components).length;
  const text =
    `${count} components are not in the cache yet and are made here, from the pinned versions: about ` +
    `${duration(seconds)}, this once: what runs on your hosts is built from sources whose checksums kubewright ` +
    `ships. Kept in ${cache.folder}.`;
  reporter.emit({ type: 'message', level: 'info', text });
}

export function duration(seconds: number): string {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} seconds` : `${Math.round(seconds / 60)} minutes`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
