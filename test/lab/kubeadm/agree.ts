import { expect } from 'vitest';
import { poll } from '../../../src/base/wait.ts';
import { AGREED, type Comparison, judge, type Verdict } from '../../golden/allowlist.ts';
import { differences } from '../../golden/compare.ts';
import type { Snapshot } from './host-snapshot.ts';

/**
 * Both sides have the same, but for what the allowlist says. Controllers need a moment for what they add to either:
 * what has not come to an agreement within half a minute is a difference.
 */
export async function expectAgreement(
  comparison: Comparison,
  snapshots: () => Promise<{ theirs: Snapshot; ours: Snapshot }>,
): Promise<void> {
  let verdict: Verdict | undefined;
  await poll({ intervalMs: 3000, timeoutMs: 30_000 }, async () => {
    const { theirs, ours } = await snapshots();
    const items = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
    const found = items.flatMap((item) => differences(item, theirs[item], ours[item]));
    verdict = judge(found, comparison);
    return verdict.unexplained.length + verdict.stale.length === 0 ? true : undefined;
  });
  expect(verdict).toEqual(AGREED);
}
