// npm test: every tier, one after the other. Ends with one line: `N passed, N failed, N skipped`.
// KUBEWRIGHT_DEMAND_ALL_TIERS=1 (.ci/run): a tier that skips, or runs fewer tests than scripts/tiers.json says, fails.
import { readFileSync } from 'node:fs';
import { build, explain, prepare } from './steps.ts';
import { addUp, complaints, type Outcome, runTier, table } from './tiers.ts';

const least = JSON.parse(readFileSync('scripts/tiers.json', 'utf8')) as Record<string, number>;
const demanded = process.env.KUBEWRIGHT_DEMAND_ALL_TIERS === '1';
const asked = process.argv.slice(2);
const tiers = Object.keys(least).filter((tier) => asked.length === 0 || asked.includes(tier));
const outcomes: Outcome[] = [];

async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const told = explain(error);
    process.stderr.write(told);
    return told.split('\n')[0];
  }
}

let obstacle = await attempt(build);
let prepared = false;
let interrupted = false;
for (const tier of tiers) {
  if (interrupted) obstacle = 'interrupted';
  else if (tier !== 'unit' && !prepared) {
    prepared = true;
    // Ten minutes more on a cold machine: only the tests of test:full run on an older Kubernetes.
    const allVersions = process.env.KUBEWRIGHT_TEST_FULL !== undefined;
    obstacle ??= await attempt(() => prepare({ peers: true, allVersions }));
  }
  if (obstacle) {
    console.log(`\nTIER ${tier.toUpperCase()} DID NOT RUN: ${obstacle}`);
    outcomes.push({ tier, passed: 0, failed: 0, skipped: 1, seconds: 0 });
    continue;
  }
  const outcome = await runTier(tier);
  interrupted = outcome.interrupted === true;
  outcomes.push(outcome);
}

const wrong = demanded ? complaints(outcomes, least) : [];
console.log(`\n${table(outcomes)}`);
for (const complaint of wrong) console.log(`FAILED: ${complaint}`);
const total = addUp(outcomes);
total.failed += wrong.length;
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
