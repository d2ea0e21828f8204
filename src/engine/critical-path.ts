import type { TimingSpan as Span } from '../output/events.ts';

export interface CriticalPath {
  /** What the run could not have been shorter without, in order of time; none of them overlap. */
  spans: Span[];
  /** Seconds of it in which nothing of it was under way. */
  idle: number;
  /** Seconds of it that were spent waiting inside of its spans. */
  waiting: number;
}

/** Timers and scheduling lie between the end of one span and the start of what it held up. */
const SLACK = 0.02;

/**
 * Backwards from what ended last. What a span came after is known where it says so; a span that says nothing, the
 * first of a host for instance, was held up by whatever ended last before it, on any host.
 */
export function criticalPath(all: readonly Span[], total: number): CriticalPath {
  const work = all.filter(({ wait }) => wait === undefined);
  const path: Span[] = [];
  let at = latest(work);
  while (at) {
    path.unshift(at);
    at = cause(at, work);
  }
  const busy = path.reduce((sum, { seconds }) => sum + seconds, 0);
  const waits = all.filter((span) => span.wait !== undefined && path.some((each) => isInside(span, each)));
  return { spans: path, idle: Math.max(0, total - busy), waiting: covered(waits) };
}

function cause(span: Span, all: readonly Span[]): Span | undefined {
  const before = all.filter(
    (other) => other !== span && other.start < span.start && end(other) <= span.start + SLACK,
  );
  const named = before.filter(({ name, host }) => host === span.host && span.after?.includes(name));
  return latest(named.length > 0 ? named : before);
}

function latest(spans: readonly Span[]): Span | undefined {
  return spans.reduce<Span | undefined>(
    (found, span) => (found === undefined || end(span) > end(found) ? span : found),
    undefined,
  );
}

function end({ start, seconds }: Span): number {
  return start + seconds;
}

function isInside(inner: Span, outer: Span): boolean {
  return (
    inner.name === outer.name &&
    inner.host === outer.host &&
    inner.start >= outer.start - SLACK &&
    end(inner) <= end(outer) + SLACK
  );
}

/** Seconds in which at least one of them was under way. */
function covered(spans: readonly Span[]): number {
  let sum = 0;
  let until = 0;
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    sum += Math.max(0, end(span) - Math.max(until, span.start));
    until = Math.max(until, end(span));
  }
  return sum;
}
