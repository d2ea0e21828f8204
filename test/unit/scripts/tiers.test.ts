import { expect, test } from 'vitest';
import { addUp, complaints, readClosingLine, table } from '../../../scripts/tiers.ts';

const outcome = (tier: string, passed: number, failed = 0, skipped = 0) => ({
  tier,
  passed,
  failed,
  skipped,
  seconds: 1,
});

test('the last closing line counts', () => {
  const output = 'tests: 1 passed, 0 failed, 0 skipped\nnoise\ntests: 12 passed, 3 failed, 4 skipped\n';
  expect(readClosingLine(output, 1)).toEqual({ passed: 12, failed: 3, skipped: 4 });
});

test('a tier that crashed without a failed test has failed', () => {
  expect(readClosingLine('', 134)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(readClosingLine('tests: 5 passed, 0 failed, 0 skipped\n', 1)).toMatchObject({
    passed: 5,
    failed: 1,
  });
});

test('demanded tiers may not be missing, skip, or shrink', () => {
  const least = { unit: 10, sim: 5, api: 1, lab: 1 };
  const outcomes = [outcome('unit', 10), outcome('sim', 9, 0, 1), outcome('api', 0)];
  expect(complaints(outcomes, least)).toEqual([
    'tier sim skipped 1',
    'tier api ran 0 tests, at least 1 are demanded',
    'tier lab was not asked for',
  ]);
});

test('the sum and the table have every tier', () => {
  const outcomes = [outcome('unit', 10, 1), outcome('lab', 2, 0, 3)];
  expect(addUp(outcomes)).toEqual({ passed: 12, failed: 1, skipped: 3 });
  expect(table(outcomes).split('\n')).toHaveLength(3);
});
