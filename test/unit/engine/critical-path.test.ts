import fc from 'fast-check';
import { expect, it } from 'vitest';
import { criticalPath } from '../../../src/engine/critical-path.ts';
import type { TimingSpan } from '../../../src/output/events.ts';

const span = (host: string, name: string, start: number, end: number, after?: string[]): TimingSpan => ({
  host,
  name,
  start,
  seconds: end - start,
  ...(after ? { after } : {}),
});
const names = (spans: readonly TimingSpan[], total = 10) =>
  criticalPath(spans, total).spans.map(({ host, name }) => `${host} ${name}`);

it('goes back by what each phase came after, not by what happened to end last', () => {
  const spans = [
    span('cp1', 'inspect', 0, 1),
    span('cp1', 'runtime', 1, 3, []),
    // It ends just before `images`, which did not come after it.
    span('cp1', 'certs', 1, 4, []),
    span('cp1', 'images', 4, 8, ['runtime']),
    span('cp1', 'start', 8, 10, ['images']),
  ];
  expect(names(spans)).toEqual(['cp1 inspect', 'cp1 runtime', 'cp1 images', 'cp1 start']);
  // From the end of runtime at 3 to the start of images at 4 nothing of the path was under way.
  expect(criticalPath(spans, 10).idle).toBeCloseTo(1);
});

it('of several that a phase came after, the last to end counts', () => {
  const spans = [span('cp1', 'a', 0, 2, []), span('cp1', 'b', 0, 5, []), span('cp1', 'c', 5, 9, ['a', 'b'])];
  expect(names(spans)).toEqual(['cp1 b', 'cp1 c']);
});

it('the first span of a host was held up by another host', () => {
  const spans = [
    span('cp1', 'etcd', 0, 6, []),
    span('w1', 'images', 0, 2, []),
    span('w1', 'connect', 6.01, 6.5),
    span('w1', 'kubelet-start', 6.5, 10, []),
  ];
  expect(names(spans)).toEqual(['cp1 etcd', 'w1 connect', 'w1 kubelet-start']);
});

it('waits are no part of the path, and counted where they lie inside of it', () => {
  const spans: TimingSpan[] = [
    span('cp1', 'wait', 0, 10, []),
    { ...span('cp1', 'wait', 2, 6), wait: 'the API server' },
    { ...span('cp1', 'wait', 5, 7), wait: 'the Node' },
    { ...span('w1', 'wait', 0, 9), wait: 'somebody else' },
  ];
  expect(criticalPath(spans, 12)).toEqual({ spans: [spans[0]], idle: 2, waiting: 5 });
});

it('of nothing: nothing, all of it idle', () => {
  expect(criticalPath([], 3)).toEqual({ spans: [], idle: 3, waiting: 0 });
});

it('any spans: the path ends with what ended last, is in order, and fits into the run with its idle time', () => {
  const one = fc.record({
    host: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('p', 'q', 'r'),
    start: fc.integer({ min: 0, max: 50 }),
    seconds: fc.integer({ min: 0, max: 50 }),
    after: fc.uniqueArray(fc.constantFrom('p', 'q', 'r')),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 12 }), (spans) => {
      const total = Math.max(0, ...spans.map(({ start, seconds }) => start + seconds));
      const { spans: path, idle } = criticalPath(spans, total);
      for (const [index, next] of path.slice(1).entries())
        expect(path[index]!.start + path[index]!.seconds).toBeLessThanOrEqual(next.start + 0.02);
      const last = path.at(-1);
      if (last) expect(last.start + last.seconds).toBe(total);
      expect(path.reduce((sum, { seconds }) => sum + seconds, 0) + idle).toBeCloseTo(total);
    }),
  );
});
