import { spawn } from 'node:child_process';
import { waitFor } from './steps.ts';

export interface Outcome {
  tier: string;
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
  /** Ctrl-C came: the tiers after it are not begun. */
  interrupted?: boolean;
}

/** Nothing printed for this long: a line says that it still runs. */
const SILENCE_MS = 30_000;

/** One tier by vitest, its output as it comes; the counts are those of its closing line (test/reporter.ts). */
export async function runTier(tier: string): Promise<Outcome> {
  console.log(`\n── tier ${tier}`);
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const reporters = ['--reporter=verbose', '--reporter=./test/reporter.ts'];
  const child = spawn(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project',
      tier,
      '--passWithNoTests',
      ...(tier === 'unit' ? [] : reporters),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
    },
  );
  let tail = '';
  const heartbeat = setInterval(
    () => console.log(`  … ${tier} still runs, ${elapsed().toFixed(0)} s`),
    SILENCE_MS,
  );
  child.stdout.on('data', (chunk: Buffer) => {
    heartbeat.refresh();
    process.stdout.write(chunk);
    tail = (tail + chunk.toString('utf8')).slice(-4096);
  });
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
  });
  const code = await waitFor(child, 'close');
  clearInterval(heartbeat);
  return { tier, ...readClosingLine(tail, code), seconds: elapsed(), interrupted };
}

/** vitest may also fail without a failed test (a crash, an error in its configuration): that counts as one. */
export function readClosingLine(
  output: string,
  exit: number,
): Pick<Outcome, 'passed' | 'failed' | 'skipped'> {
  const line = [...output.matchAll(/^tests: (\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
  const [passed, failed, skipped] = line ? line.slice(1).map(Number) : [0, 0, 0];
  return { passed: passed!, failed: exit !== 0 && failed === 0 ? 1 : failed!, skipped: skipped! };
}

/** What a demanded tier may not do: run nothing, skip, or run fewer than its least count. */
export function complaints(outcomes: readonly Outcome[], least: Record<string, number>): string[] {
  return Object.entries(least).flatMap(([tier, count]) => {
    const outcome = outcomes.find((each) => each.tier === tier);
    if (!outcome) return [`tier ${tier} was not asked for`];
    const few = outcome.passed + outcome.failed < count;
    return [
      ...(outcome.skipped > 0 ? [`tier ${tier} skipped ${outcome.skipped}`] : []),
      ...(few
        ? [`tier ${tier} ran ${outcome.passed + outcome.failed} tests, at least ${count} are demanded`]
        : []),
    ];
  });
}

export function addUp(outcomes: readonly Outcome[]): Pick<Outcome, 'passed' | 'failed' | 'skipped'> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of outcomes) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

export function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ tier, passed, failed, skipped, seconds }) =>
    [
      tier.padEnd(6),
      ...[passed, failed, skipped].map((count) => String(count).padStart(7)),
      `${seconds.toFixed(0)} s`.padStart(8),
    ].join(' '),
  );
  return ['tier    passed  failed skipped     time', ...rows].join('\n');
}
