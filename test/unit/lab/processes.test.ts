import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { identify, isAlive, killAll } from '../../../src/lab/processes.ts';

it('a process is known by its start, not by its number alone', async () => {
  const child = spawn('sleep', ['60']);
  const identity = await identify(child.pid ?? 0);
  expect(await isAlive(identity)).toBe(true);
  expect(await isAlive(identity && { ...identity, start: '1' })).toBe(false);
  expect(await isAlive(identity && { ...identity, boot: 'another' })).toBe(false);
  expect(await isAlive(undefined)).toBe(false);
  const other = identity && { ...identity, start: '1' };
  expect(await killAll(other, [])).toEqual([]);
  expect(await isAlive(identity)).toBe(true);
  const ended = once(child, 'exit');
  expect(await killAll(identity, [])).toEqual([]);
  await ended;
  expect(await isAlive(identity)).toBe(false);
});
