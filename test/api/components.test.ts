import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { catalog } from '../../src/artifacts/catalog.ts';
import { findBinaries } from './support/binaries.ts';

const { kubeadm } = await findBinaries(['kubeadm']);
if (!kubeadm) console.log('SKIPPED: no kubeadm in the cache; run: npm run components -- --peers');

test.skipIf(!kubeadm)('our images are those of kubeadm, except for what components/ALLOWLIST says', () => {
  const argv = ['config', 'images', 'list', '--kubernetes-version', catalog.kubernetes];
  const theirs = execFileSync(kubeadm!, argv, { encoding: 'utf8' }).trim().split('\n');
  const allowed = readFileSync('components/ALLOWLIST', 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));
  expect(theirs.length).toBeGreaterThanOrEqual(7);
  const used = new Set<string>();
  const expected = theirs.map((reference) => {
    const found = allowed.find(([image, , kubeadms]) => `${image}:${kubeadms}` === reference);
    if (!found) return reference;
    expect(found.length, 'an entry has a reason').toBeGreaterThan(5);
    used.add(found[0]!);
    return `${found[0]}:${found[1]}`;
  });
  const ours = catalog.images.map(({ reference }) => reference);
  expect(ours).toEqual(expect.arrayContaining(expected));
  expect([...used], 'no entry is left over').toEqual(allowed.map(([image]) => image));
});
