import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFault } from '../../../src/host/fault.ts';
import { newCase } from './support/faulty-case.ts';

const ids = ['p/file/1', 'p/big/1', 'p/run/1', 'p/file/2'];
const points = ['before', 'mid', 'after-unacked'] as const;

describe.concurrent('B01: a run that was killed', () => {
  it.each(ids.flatMap((id) => points.map((point) => [id, point])))(
    'at %s (%s) is resumed',
    async (id, point) => {
      using place = newCase();
      const { root, read } = place;
      const list = join(root, 'sent');
      const killed = await place.run({
        KUBEWRIGHT_FAULT: `${id}:${point}:kill9`,
        KUBEWRIGHT_FAULT_LIST: list,
      });
      expect(killed).toMatchObject({ signal: 'SIGKILL', stdout: '' });
      const sent = existsSync(list) ? read('sent').trim().split('\n') : [];
      expect(sent.includes(id)).toBe(point !== 'before');
      const again = await place.run();
      expect(again.stderr).toBe('');
      expect(JSON.parse(again.stdout)).toHaveLength(4);
      expect([read('etc/one'), read('etc/two')]).toEqual(['one', 'two']);
      expect(read('etc/big')).toHaveLength(3_000_000);
      expect(readdirSync(join(root, 'etc')).sort()).toEqual(['big', 'one', 'two']);
      expect(existsSync(join(root, 'run/kubewright'))).toBe(false);
    },
  );
});

describe.concurrent('B05: a connection that was lost', () => {
  it.each([
    ['p/file/1', 'mid', 'reset'],
    ['p/big/1', 'mid', 'reset'],
    ['p/big/1', 'after-unacked', 'blackhole'],
    ['p/run/1', 'before', 'reset'],
    ['p/run/1', 'mid', 'reset'],
    ['p/run/1', 'after-unacked', 'reset'],
    ['p/file/2', 'after-unacked', 'reset'],
  ])('at %s (%s, %s) is made again, and nothing runs twice', async (id, point, kind) => {
    using place = newCase();
    const { root, read } = place;
    const ended = await place.run({ KUBEWRIGHT_FAULT: `${id}:${point}:${kind}` });
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toEqual([
      ['p/file/1', ''],
      ['p/big/1', ''],
      ['p/run/1', 'ran\n'],
      ['p/file/2', ''],
    ]);
    expect(read('runs')).toBe('ran\n');
    expect(readdirSync(join(root, 'etc')).sort()).toEqual(['big', 'one', 'two']);
  });
});

it('reads a fault, and refuses what it cannot read', () => {
  expect(parseFault('a/b/1:mid:kill9')).toEqual({ operation: 'a/b/1', point: 'mid', kind: 'kill9' });
  expect(parseFault(undefined, '/l')).toEqual({ list: '/l' });
  expect(parseFault(undefined)).toBeUndefined();
  for (const bad of ['x', 'a:later:kill9', 'a:mid:term', ':mid:kill9']) {
    expect(() => parseFault(bad)).toThrow('KUBEWRIGHT_FAULT');
  }
});
