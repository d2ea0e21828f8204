import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { withLock } from '../../../src/artifacts/lock.ts';
import { poll } from '../../../src/base/wait.ts';
import { temporaryFolder } from './support.ts';

const MODULE = join(import.meta.dirname, '../../../src/artifacts/lock.ts');

/** Another process that takes the lock, writes FOLDER/in, and lets go when FOLDER/go appears. */
async function holder(folder: string): Promise<ChildProcess> {
  const code = `
    import { existsSync, writeFileSync } from 'node:fs';
    import { withLock } from ${JSON.stringify(MODULE)};
    const folder = ${JSON.stringify(folder)};
    const options = { folder, purpose: 'building the moon', env: process.env, onWait: () => undefined };
    await withLock(options, async () => {
      writeFileSync(folder + '/in', '');
      while (!existsSync(folder + '/go')) await new Promise((resolve) => setTimeout(resolve, 20));
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const started = await poll({ intervalMs: 20, timeoutMs: 15_000 }, async () =>
    existsSync(join(folder, 'in')) ? true : undefined,
  );
  expect(started).toBe(true);
  return child;
}

test('a second process waits, is told who builds, and goes on when the first is done', async () => {
  const folder = temporaryFolder();
  const child = await holder(folder);
  const order: string[] = [];
  const result = await withLock(
    {
      folder,
      purpose: 'second',
      env: process.env,
      onWait: (seen) => {
        order.push(seen);
        writeFileSync(join(folder, 'go'), '');
      },
    },
    async () => {
      order.push('work');
      return 42;
    },
  );
  expect(result).toBe(42);
  expect(order).toEqual([expect.stringMatching(`^process ${child.pid} on .*: building the moon$`), 'work']);
});

test('a holder that is killed lets go', async () => {
  const folder = temporaryFolder();
  const child = await holder(folder);
  const kill = () => void child.kill('SIGKILL');
  const options = { folder, purpose: 'second', env: process.env, onWait: kill };
  expect(await withLock(options, async () => 'mine')).toBe('mine');
});

test('waiting ends with an abort, and the work is not begun', async () => {
  const folder = temporaryFolder();
  const child = await holder(folder);
  const abort = new AbortController();
  const waiting = withLock(
    {
      folder,
      purpose: 'second',
      env: process.env,
      signal: abort.signal,
      onWait: () => abort.abort(new Error('enough')),
    },
    () => Promise.reject(new Error('it must not begin')),
  );
  await expect(waiting).rejects.toThrow('enough');
  writeFileSync(join(folder, 'go'), '');
  await once(child, 'exit');
});

test('two in one process take turns, and the lock is free after an error', async () => {
  const folder = temporaryFolder();
  const log = join(folder, 'log');
  const options = { folder, purpose: 'x', env: process.env, onWait: () => undefined };
  const work = (name: string) => async () => {
    appendFileSync(log, `${name} in\n`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    appendFileSync(log, `${name} out\n`);
    throw new Error(name);
  };
  const results = await Promise.allSettled([withLock(options, work('a')), withLock(options, work('b'))]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  expect([lines.slice(0, 2), lines.slice(2)]).toEqual(
    expect.arrayContaining([
      ['a in', 'a out'],
      ['b in', 'b out'],
    ]),
  );
});

test('without flock the work is done all the same', async () => {
  const folder = temporaryFolder();
  const options = { folder, purpose: 'x', env: { PATH: folder }, onWait: () => undefined };
  expect(await withLock(options, async () => 1)).toBe(1);
});
