import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AllLost, race } from '../../../../src/kube/transport/race.ts';
import { failed, orderOf, type Standing, worked } from '../../../../src/kube/transport/standing.ts';
import { virtualTime } from './virtual-time.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const servers = fc.integer({ min: 1, max: NAMES.length }).map((count) => NAMES.slice(0, count));

describe('which server is asked next', () => {
  const history = servers.chain((all) =>
    fc.record({
      all: fc.constant(all),
      events: fc.array(fc.record({ server: fc.constantFrom(...all), ok: fc.boolean() }), { maxLength: 30 }),
    }),
  );
  const after = (all: string[], events: { server: string; ok: boolean }[]) =>
    events.reduce<Standing>((standing, { server, ok }) => (ok ? worked : failed)(standing, server), {
      all,
      failed: [],
    });

  test('every one, once, whatever happened before', () => {
    fc.assert(
      fc.property(history, ({ all, events }) => {
        expect(orderOf(after(all, events)).toSorted()).toEqual(all);
      }),
    );
  });

  test('what worked last comes first, what failed last comes last', () => {
    fc.assert(
      fc.property(history, ({ all, events }) => {
        const last = events.at(-1);
        const order = orderOf(after(all, events));
        if (last) expect(order.at(last.ok ? 0 : -1)).toBe(last.server);
        else expect(order).toEqual(all);
      }),
    );
  });

  test('from anywhere, as many failures as there are servers have tried each of them', () => {
    fc.assert(
      fc.property(history, ({ all, events }) => {
        let standing = after(all, events);
        const tried = all.map(() => {
          const server = orderOf(standing)[0]!;
          standing = failed(standing, server);
          return server;
        });
        expect(tried.toSorted()).toEqual(all);
      }),
    );
  });
});

describe('the race', () => {
  type Plan = { after: number; ok: boolean } | 'never';
  const plan: fc.Arbitrary<Plan> = fc.oneof(
    fc.record({ after: fc.integer({ min: 0, max: 5000 }), ok: fc.boolean() }),
    fc.constant<Plan>('never'),
  );

  /** Who answers first by the rules, worked out without the code under test; all of them where it is a tie. */
  function expected(plans: Plan[], staggerMs: number): string[] {
    let at = 0;
    const ends: { at: number; server: string; ok: boolean; seen: boolean }[] = [];
    for (const [index, each] of plans.entries()) {
      if (each !== 'never')
        ends.push({ at: at + each.after, server: NAMES[index]!, ok: each.ok, seen: false });
      // The next one starts at the first failure that has not yet started one, or after the time.
      const failure = ends.filter(({ ok, seen }) => !ok && !seen).toSorted((a, b) => a.at - b.at)[0];
      if (failure && failure.at <= at + staggerMs) {
        failure.seen = true;
        at = Math.max(at, failure.at);
      } else at += staggerMs;
    }
    const answers = ends.filter(({ ok }) => ok);
    const first = Math.min(...answers.map((end) => end.at));
    return answers.filter((end) => end.at === first).map(({ server }) => server);
  }

  test('the first that answers wins; others are stopped, and what comes of them is thrown away', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 5 }), async (plans) => {
        const time = virtualTime();
        const open = new Set<string>();
        const racing = race({
          order: NAMES.slice(0, plans.length),
          staggerMs: 1000,
          wait: time.wait,
          signal: new AbortController().signal,
          isFinal: () => false,
          discard: (server: string) => open.delete(server),
          attempt: async (server) => {
            const mine = plans[NAMES.indexOf(server)]!;
            if (mine === 'never') return new Promise<string>(() => undefined);
            await time.wait(mine.after);
            if (!mine.ok) throw new Error(server);
            open.add(server);
            return server;
          },
        }).then(
          ({ server }) => server,
          (error) => error,
        );
        await time.run();
        const winners = expected(plans, 1000);
        if (winners.length > 0) {
          const winner = await racing;
          expect(winners).toContain(winner);
          expect([...open]).toEqual([winner]);
        } else if (!plans.includes('never')) {
          const error = (await racing) as AllLost;
          expect(error).toBeInstanceOf(AllLost);
          expect(error.losers.map(({ server }) => server).toSorted()).toEqual(NAMES.slice(0, plans.length));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('what is our own fault ends it, and so does the caller', async () => {
    const tried: string[] = [];
    const common = {
      order: ['a', 'b'],
      staggerMs: 1000,
      wait: virtualTime().wait,
      discard: () => undefined,
    };
    const ours = new Error('our key');
    const failing = race<string>({
      ...common,
      signal: new AbortController().signal,
      isFinal: (error) => error === ours,
      attempt: async (server) => {
        tried.push(server);
        throw ours;
      },
    });
    await expect(failing).rejects.toBe(ours);
    expect(tried).toEqual(['a']);
    const stop = new AbortController();
    const stopped = race<string>({
      ...common,
      signal: stop.signal,
      isFinal: () => false,
      attempt: (_server, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
  });
});
