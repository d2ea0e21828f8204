import { KINDS, type Kind, WAYS } from '../../test/lab/matrix/draw.ts';
import { LIVES } from '../../test/lab/matrix/flows.ts';
import { killLab, type Tried } from '../../test/lab/matrix/matrix.ts';
import { build, prepare } from '../steps.ts';
import { closing } from './sim.ts';

/** In one command: more of them would seldom be come by any more, since each run begins where the last one ended. */
const IN_A_ROW = 4;

/** On real hosts: places of five commands that the seed draws. False where something was lost. */
export async function onLab({ points, seed }: { points: number; seed: number }): Promise<boolean> {
  await build();
  await prepare({ peers: false });
  const started = performance.now();
  const kills = () => IN_A_ROW;
  const options = { lab: 'kill-matrix', lives: LIVES, points, seed, kills, say };
  const { tried, passed } = await killLab(options);
  const lost = tried.filter(({ faults }) => faults.length > 0).length;
  const count = (holds: (each: Tried) => boolean) => tried.filter(holds).length;
  const ways = WAYS.map((way) => `${way} ${count((each) => each.way === way)}`);
  const kinds = KINDS.map((kind: Kind) => `${kind} ${count((each) => each.kind === kind)}`);
  console.log(
    `seed ${seed}: ${[...ways, ...kinds].join(', ')}; ${passed} drawn that were behind the run already`,
  );
  const seconds = (performance.now() - started) / 1000;
  console.log(`${Math.round(seconds)} s, ${(seconds / Math.max(1, tried.length)).toFixed(1)} s a point`);
  console.log(closing(tried.length, lost));
  return lost === 0 && tried.length >= points;
}

function say(line: string): void {
  console.log(line);
}
