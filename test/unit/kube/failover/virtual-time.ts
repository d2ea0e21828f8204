import type { Sleep } from '../../../../src/base/wait.ts';

/** A clock that goes on when nothing else is to be done: what would take seconds takes none, in the same order. */
export function virtualTime() {
  const sleepers: { at: number; wake: () => void }[] = [];
  let now = 0;
  const wait: Sleep = (ms, signal) =>
    new Promise((resolve, reject) => {
      const sleeper = { at: now + ms, wake: resolve };
      sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        const place = sleepers.indexOf(sleeper);
        if (place >= 0) sleepers.splice(place, 1);
        reject(signal.reason);
      });
    });
  const run = async (): Promise<void> => {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = sleepers.toSorted((a, b) => a.at - b.at)[0];
      if (!next) return;
      sleepers.splice(sleepers.indexOf(next), 1);
      now = next.at;
      next.wake();
    }
  };
  return { wait, run };
}
