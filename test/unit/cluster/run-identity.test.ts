import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { isGone, runIdentity } from '../../../src/cluster/run-identity.ts';

const module = new URL('../../../src/cluster/run-identity.ts', import.meta.url).pathname;
const linux = it.skipIf(process.platform !== 'linux');

it('tells who runs what, and that this very run is there', () => {
  expect(runIdentity('init')).toMatch(/^\S+@\S+: kubewright init \(run [0-9a-f]+, pid \d+/);
  expect(isGone(runIdentity('init'))).toBe(false);
});

linux('knows that a run of this machine has ended', () => {
  const program = `import(${JSON.stringify(module)}).then(({ runIdentity }) => console.log(runIdentity('join')))`;
  const { stdout } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  expect(stdout).toContain('kubewright join');
  expect(isGone(stdout.trim())).toBe(true);
});

linux('does not say so of another machine, another namespace, or of what it cannot read', () => {
  const here = runIdentity('init').replace(/pid \d+/, 'pid 4194305');
  expect(isGone(here)).toBe(true);
  expect(isGone(here.replace(/in [0-9a-f]{8}/, 'in 00000000'))).toBe(false);
  expect(isGone(here.replace(/\/\d+\)$/, '/1)'))).toBe(false);
  expect(isGone('ann@laptop: kubewright init (pid 1)')).toBe(false);
});
