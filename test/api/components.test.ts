import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogs } from '../../src/artifacts/catalog.ts';
import { openStore } from '../../src/artifacts/store.ts';
import { silent } from '../../src/output/events.ts';

const cached = await openStore({ env: process.env, reporter: silent }).status();
const kubeadmOf = (version: string) =>
  cached.find((one) => one.name === 'kubeadm' && one.version === version)?.artifact?.path;
const versions = catalogs.map((catalog) => ({ ...catalog, kubeadm: kubeadmOf(catalog.kubernetes) }));
const missing = versions.filter(({ kubeadm }) => !kubeadm).map(({ kubernetes }) => kubernetes);
if (missing.length > 0)
  console.log(`SKIPPED: no kubeadm ${missing.join(', ')} in the cache; run: npm run components -- --peers`);

describe('our images are those of kubeadm, except for what components/ALLOWLIST says', () => {
  const allowed = readFileSync('components/ALLOWLIST', 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));
  const used = new Set<string[]>();

  for (const { kubernetes, kubeadm, images } of versions)
    test.skipIf(!kubeadm)(kubernetes, () => {
      const argv = ['config', 'images', 'list', '--kubernetes-version', kubernetes];
      const theirs = execFileSync(kubeadm!, argv, { encoding: 'utf8' }).trim().split('\n');
      expect(theirs.length).toBeGreaterThanOrEqual(7);
      const expected = theirs.map((reference) => {
        const found = allowed.find(([image, , kubeadms]) => `${image}:${kubeadms}` === reference);
        if (!found) return reference;
        expect(found.length, 'an entry has a reason').toBeGreaterThan(5);
        used.add(found);
        return `${found[0]}:${found[1]}`;
      });
      expect(images.map(({ reference }) => reference)).toEqual(expect.arrayContaining(expected));
    });

  test.skipIf(missing.length > 0)('no entry is left over', () => {
    expect([...used]).toEqual(allowed);
  });
});
