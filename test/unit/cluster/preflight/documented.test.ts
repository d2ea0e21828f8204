import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../../src/artifacts/package-root.ts';

it('every finding has its line in the reference', () => {
  const folder = join(packageRoot(), 'src/cluster/preflight');
  const source = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const names = source.flatMap((text) =>
    [...text.matchAll(/\bfinding\(\s*[`']([A-Za-z]+-?)|'(Kernel\w+)'/g)].map(
      (match) => match[1] ?? match[2]!,
    ),
  );
  const page = readFileSync(join(packageRoot(), 'docs/reference/preflight.md'), 'utf8');
  const table = page.slice(0, page.indexOf('## How ports'));
  expect(new Set(names).size).toBeGreaterThan(20);
  expect([...new Set(names)].filter((name) => !table.includes(`\`${name}`))).toEqual([]);
});
