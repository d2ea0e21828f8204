import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type CliOptions, type CliPlace, kubeconfigOf, type Outcome, runCli } from './run-cli.ts';

export type { Outcome } from './run-cli.ts';

const CHECKOUT = join(import.meta.dirname, '../../..');

export interface Cli {
  folder(): string;
  kubeconfig(): string;
  run(args: readonly string[], options?: CliOptions): Promise<Outcome>;
  /** Has to succeed; what it printed. */
  ok(args: readonly string[], options?: CliOptions): Promise<string>;
  /** The same with `-o json`, read. */
  json<T>(args: readonly string[], options?: CliOptions): Promise<T>;
}

/** The command line for the tests of one file, in a folder that goes with them. */
export function useCli(lab: string): Cli {
  const place: CliPlace = { folder: '', lab };
  beforeAll(async () => {
    await stat(join(CHECKOUT, 'dist/src/cli/main.js')); // `npm run build` makes it
    place.folder = await mkdtemp(join(tmpdir(), 'kw-lab-cli-'));
  });
  afterAll(() => rm(place.folder, { recursive: true, force: true }));
  const run = (args: readonly string[], options?: CliOptions) => runCli(place, args, options);
  const ok = async (args: readonly string[], options?: CliOptions): Promise<string> => {
    const outcome = await run(args, options);
    const what = `kubewright ${args.join(' ')}\n${outcome.stderr}${outcome.stdout.slice(-2000)}`;
    expect(outcome.exit ?? outcome.signal, what).toBe(0);
    return outcome.stdout;
  };
  const json = async <T>(args: readonly string[], options?: CliOptions): Promise<T> =>
    JSON.parse(await ok([...args, '-o', 'json'], options)) as T;
  return { folder: () => place.folder, kubeconfig: () => kubeconfigOf(place), run, ok, json };
}

/** What every refusal has in common: its exit code, words that name the matter, and no stack trace. */
export function expectRefusal(outcome: Outcome, exit: number, ...words: (string | RegExp)[]): void {
  expect(outcome.exit, outcome.stderr + outcome.stdout).toBe(exit);
  for (const word of words) expect(outcome.stderr).toMatch(word);
  expect(outcome.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(outcome.stderr).not.toContain('defect of kubewright');
}
