import { join } from 'node:path';
import { expect } from 'vitest';
import { readFailure } from '../../src/cli/read-failure.ts';
import { renderFailure } from '../../src/cli/render-error.ts';

export const ERROR_LINES = join(import.meta.dirname, 'faults');

/**
 * What a person reads of a fault: what, where, evidence, the next command, as it is kept in faults/NAME.txt. `changing`:
 * what is another in each run, and the words that stand for it. After a change of words: the same test with `-u`, then
 * read the diff.
 */
export async function expectErrorLine(
  name: string,
  error: unknown,
  changing: readonly (readonly [string | RegExp, string])[] = [],
): Promise<void> {
  const failure = readFailure(error, ['init', 'cp1']);
  expect(failure.fault, failure.message).toBe('given');
  expect(failure.hint, 'the next command').toBeTruthy();
  const text = renderFailure(failure, { json: false, debug: false, colour: false });
  expect(text).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  const steady = changing.reduce((told, [what, word]) => told.replaceAll(what, word), text);
  await expect(`exit ${failure.exit} (${failure.code})\n${steady}`).toMatchFileSnapshot(
    join(ERROR_LINES, `${name}.txt`),
  );
}

export async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
