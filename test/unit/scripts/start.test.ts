import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'kubewright-start-'));

test('bin/run.js and bin/dev.js give the same version', async () => {
  const built = existsSync(join(root, 'dist/src/cli/main.js'));
  expect(built, 'dist/ is missing: npm run build').toBe(true);
  const { stdout } = await run(join(root, 'bin/run.js'), ['--version'], { cwd: folder });
  expect(stdout).toMatch(/^kubewright\/\d/);
  const dev = await run(process.execPath, [join(root, 'bin/dev.js'), '--version'], { cwd: folder });
  expect(dev.stdout).toBe(stdout);
});

test('through a symbolic link, from another folder', async () => {
  const link = join(folder, 'kubewright');
  symlinkSync(join(root, 'bin/run.js'), link);
  const { stdout } = await run(link, ['version', '--client'], { cwd: '/' });
  expect(stdout).toMatch(/^Client Version: v/);
});

test('the shell part of bin/run.js is quiet', async () => {
  const { stderr } = await run(join(root, 'bin/run.js'), ['--version'], { cwd: folder });
  expect(stderr).toBe('');
});
