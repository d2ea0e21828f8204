import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAULTS } from '../../../scripts/docs/faults.ts';
import { numberedTests } from '../../../scripts/docs/numbered-tests.ts';
import { ERROR_LINES } from '../../golden/error-lines.ts';

// docs/reference/faults.md has the names of the tests; that it is fresh is in test/unit/manifest.test.ts.
const root = join(import.meta.dirname, '../../..');
const tests = numberedTests(root);
const GAPS = [14, 19, 24, 41, 45, 57, 62];

test('each number of the list is there, in its order', () => {
  const numbers = Array.from({ length: 63 }, (_, index) => index + 1).filter(
    (number) => !GAPS.includes(number),
  );
  expect(FAULTS.map(({ number }) => number)).toEqual(
    numbers.map((number) => `B${String(number).padStart(2, '0')}`),
  );
});

test.each(FAULTS)('$number has a test with its number, or says why not', ({ number, not }) => {
  const own = tests.filter(({ numbers }) => numbers.includes(number));
  if (own.length === 0) expect(not).toBeTruthy();
});

test.each(FAULTS.filter(({ told }) => told))(
  'the words of $number are kept, and no others are',
  ({ number }) => {
    const kept = readdirSync(ERROR_LINES).filter((file) => file.split(/[-.]/).includes(number));
    expect(kept).not.toEqual([]);
  },
);

test('there are no words and no tests of faults that are not on the list', () => {
  const known = FAULTS.map(({ number }) => number);
  for (const { numbers, name } of tests) for (const number of numbers) expect(known, name).toContain(number);
  for (const file of readdirSync(ERROR_LINES)) expect(known, file).toContain(file.slice(0, 3));
});

test('a test that lost its number is missed (a seeded defect)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubewright-faults-'));
  mkdirSync(join(folder, 'test'));
  const file = join(folder, 'test', 'x.test.ts');
  // Not as it would stand in a test: this file is read as well.
  const b = 'B';
  writeFileSync(file, `it('${b}20: a disk', () => {});\nit("${b}21, ${b}22: it's %s", () => {});\n`);
  expect(numberedTests(folder).map(({ name, numbers }) => [name, ...numbers])).toEqual([
    ['a disk', 'B20'],
    ["it's %s", 'B21', 'B22'],
  ]);
  writeFileSync(file, `it('a disk', () => {});\n`);
  expect(numberedTests(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
  expect(existsSync(folder)).toBe(false);
});
