import { FLOWS } from '../../test/sim/matrix/flows.ts';
import { killMatrix, type Outcome } from '../../test/sim/matrix/matrix.ts';

/** All flows that are not a part of another one. */
const WHOLE = FLOWS.filter(({ part }) => !part).map(({ name }) => name);

export interface SimOptions {
  flow?: readonly string[];
  seed: number;
  sample?: string;
  worlds: string;
}

/** On simulated hosts: every operation, three ways each. False where something was lost, or not counted. */
export async function simulated({
  flow: wanted = WHOLE,
  seed,
  sample,
  worlds,
}: SimOptions): Promise<boolean> {
  const unknown = wanted.find((asked) => !FLOWS.some(({ name }) => name === asked));
  if (unknown) throw new Error(`no flow ${unknown}: ${FLOWS.map(({ name }) => name).join(', ')}`);
  const started = performance.now();
  const tried: Outcome[] = [];
  const tell = (outcome: Outcome, done: number, total: number): void => {
    tried.push(outcome);
    const { flow, point, way, faults } = outcome;
    for (const fault of faults) console.log(`LOST ${flow}: ${point} (${way}): ${fault}`);
    if (done % 25 === 0 || done === total) console.log(`${flow}: ${done} of ${total}`);
  };
  let [operations, counted] = [0, 0];
  for (const flow of FLOWS.filter(({ name }) => wanted.includes(name))) {
    const result = await killMatrix(flow, {
      seed,
      ...(sample === undefined ? {} : { sample: Number(sample) }),
      worlds: Number(worlds),
      network: process.pid % 250,
      onOutcome: tell,
    });
    operations += result.operations;
    counted += result.counted;
    console.log(
      `${flow.name}: ${result.operations} operations, ${result.counted} counted by hosts and servers`,
    );
  }
  const seconds = (performance.now() - started) / 1000;
  const states = tried.filter(({ known }) => !known).length;
  console.log(`operations ${operations}, counted ${counted}; ${states} different states after the kills`);
  console.log(`${Math.round(seconds)} s, ${(seconds / Math.max(1, tried.length)).toFixed(2)} s a point`);
  const lost = tried.filter(({ faults }) => faults.length > 0).length;
  console.log(closing(tried.length, lost));
  return lost === 0 && operations === counted;
}

/** The last line of every kill matrix. */
export function closing(tried: number, lost: number): string {
  return `points tried ${tried}, resumed ${tried - lost}, lost ${lost}`;
}
