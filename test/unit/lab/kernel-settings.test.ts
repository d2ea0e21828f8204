import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readKernelSettings, restoreKernelSettings } from '../../../src/lab/kernel-settings.ts';

it('kernel settings are put back as they were, and what was not read is not written', async () => {
  const root = await mkdtemp(join(tmpdir(), 'kw-sys-'));
  await mkdir(join(root, 'vm'));
  await mkdir(join(root, 'kernel'));
  await writeFile(join(root, 'vm/overcommit_memory'), '0\n');
  const before = await readKernelSettings(root);
  expect(before).toEqual({ 'vm/overcommit_memory': '0' });
  await writeFile(join(root, 'vm/overcommit_memory'), '1\n');
  await writeFile(join(root, 'kernel/panic'), '10\n');
  await restoreKernelSettings(before, root);
  expect(await readFile(join(root, 'vm/overcommit_memory'), 'utf8')).toBe('0');
  expect(await readFile(join(root, 'kernel/panic'), 'utf8')).toBe('10\n');
  await rm(root, { recursive: true });
});
