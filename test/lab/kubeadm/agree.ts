import { expect } from 'vitest';
import { poll } from '../../../src/base/wait.ts';
import { AGREED, type Comparison, judge, type Verdict } from '../../golden/allowlist.ts';
import { differences } from '../../golden/compare.ts';
import type { Snapshot } from './host-snapshot.ts';

/**
 * Both sides have the same, but for what the allowlist says. Controllers need a moment for what they add to either:
 * what has not come to an agreement within a minute is a difference.
 */
export async function expectAgreement(
  comparison: Comparison,
  snapshots: () => Promise<{ theirs: Snapshot; ours: Snapshot }>,
): Promise<void> {
  let last: { verdict: Verdict; theirs: Snapshot; ours: Snapshot } | undefined;
  await poll({ intervalMs: 3000, timeoutMs: 60_000 }, async () => {
    const { theirs, ours } = await snapshots();
    const items = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
    const found = items.flatMap((item) => differences(item, theirs[item], ours[item]));
    last = { verdict: judge(found, comparison), theirs, ours };
    return last.verdict.unexplained.length + last.verdict.stale.length === 0 ? true : undefined;
  });
  const items = new Set(last?.verdict.unexplained.map(({ item }) => item));
  for (const item of items) {
    const show = (side: Snapshot | undefined) => JSON.stringify(side?.[item])?.slice(0, 3000);
    console.log(`${item}\n  kubeadm:    ${show(last?.theirs)}\n  kubewright: ${show(last?.ours)}`);
  }
  expect(last?.verdict).toEqual(AGREED);
}
