import { expect, it } from 'vitest';
import { SHORT_LIFE } from './matrix/flows.ts';
import { killLab } from './matrix/matrix.ts';
import { tell } from './spine/spine.ts';
import { describeLab } from './support/lab.ts';

/** One sample, so that a run says something of the change and not of the day; other seeds by the environment. */
const seed = Number(process.env.KUBEWRIGHT_KILL_SEED ?? 20_782);
/** Each command once, init twice in a row; more of them: npm run kill-matrix -- --lab. */
const POINTS = 5;

describeLab(`the kill matrix on real hosts, a sample of it (KUBEWRIGHT_KILL_SEED=${seed})`, () => {
  it('B01, B02, B03, B08: init, join, node remove and reset are killed, the same command again, and nothing is lost', async () => {
    const { tried } = await killLab({
      lab: 'test-kills',
      lives: [SHORT_LIFE],
      points: POINTS,
      seed,
      kills: ({ name }) => (name === 'init' ? 2 : 1),
      // An outage takes until the silence is noticed; test/sim/world-faults has it.
      kinds: ['kill9', 'power', 'cut'],
      say: tell,
    });
    expect(tried.filter(({ faults }) => faults.length > 0)).toEqual([]);
    expect(tried).toHaveLength(POINTS);
  });
});
