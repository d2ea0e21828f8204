import { parseArgs } from 'node:util';
import { FLOWS } from '../test/sim/matrix/flows.ts';
import { killMatrix, type Outcome } from '../test/sim/matrix/matrix.ts';

/**
 * `npm run kill-matrix [-- --flow init --seed 7 --sample 40]`: stops init, join, reset and the removal of nodes at every
 * operation, three ways each, on simulated hosts, runs the same command again, and tells what was lost. Exits with 1
 * where something was, or where an operation was not counted.
 */
const { values } = parseArgs({
  options: {
    flow: {
      type: 'string',
      multiple: true,
      default: FLOWS.filter(({ part }) => !part).map(({ name }) => name),
    },
    seed: { type: 'string', default: '1' },
    sample: { type: 'string' },
    worlds: { type: 'string', default: '2' },
  },
});
const unknown = values.flow.find((wanted) => !FLOWS.some(({ name }) => name === wanted));
if (unknown) throw new Error(`no flow ${unknown}: ${FLOWS.map(({ name }) => name).join(', ')}`);

const started = performance.now();
const tried: Outcome[] = [];
let [operations, counted] = [0, 0];
for (const flow of FLOWS.filter(({ name }) => values.flow.includes(name))) {
  const result = await killMatrix(flow, {
    seed: Number(values.seed),
    ...(values.sample === undefined ? {} : { sample: Number(values.sample) }),
    worlds: Number(values.worlds),
    network: process.pid % 250,
    onOutcome: tell,
  });
  operations += result.operations;
  counted += result.counted;
  console.log(
    `${flow.name}: ${result.operations} operations, ${result.counted} counted by hosts and servers`,
  );
}
const lost = tried.filter(({ faults }) => faults.length > 0).length;
const seconds = (performance.now() - started) / 1000;
const states = tried.filter(({ known }) => !known).length;
console.log(`operations ${operations}, counted ${counted}; ${states} different states after the kills`);
console.log(`${Math.round(seconds)} s, ${(seconds / Math.max(1, tried.length)).toFixed(2)} s a point`);
console.log(`points tried ${tried.length}, resumed ${tried.length - lost}, lost ${lost}`);
process.exit(lost > 0 || operations !== counted ? 1 : 0);

function tell(outcome: Outcome, done: number, total: number): void {
  tried.push(outcome);
  const { flow, point, way, faults } = outcome;
  for (const fault of faults) console.log(`LOST ${flow}: ${point} (${way}): ${fault}`);
  if (done % 25 === 0 || done === total) console.log(`${flow}: ${done} of ${total}`);
}
