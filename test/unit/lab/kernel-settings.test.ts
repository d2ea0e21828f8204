import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  raiseKernelLimits,
  readKernelSettings,
  restoreKernelSettings,
} from '../../../src/lab/kernel-settings.ts';

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

it('inotify limits are raised for several kubelets, never lowered, and put back', async () => {
  const root = await mkdtemp(join(tmpdir(), 'kw-sys-'));
  await mkdir(join(root, 'fs/inotify'), { recursive: true });
  await writeFile(join(root, 'fs/inotify/max_user_instances'), '128\n');
  await writeFile(join(root, 'fs/inotify/max_user_watches'), '999999\n');
  const before = await readKernelSettings(root);
  await raiseKernelLimits(root);
  expect(Number(await readFile(join(root, 'fs/inotify/max_user_instances'), 'utf8'))).toBeGreaterThan(1000);
  expect(await readFile(join(root, 'fs/inotify/max_user_watches'), 'utf8')).toBe('999999\n');
  await restoreKernelSettings(before, root);
  expect(await readFile(join(root, 'fs/inotify/max_user_instances'), 'utf8')).toBe('128');
  await rm(root, { recursive: true });
});
