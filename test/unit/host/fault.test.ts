import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseFault } from '../../../src/host/fault.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kubewright-fault-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function run(environment: Record<string, string> = {}) {
  const script = join(import.meta.dirname, 'support', 'faulty.ts');
  const env = { ...process.env, ...environment };
  const ended = spawnSync(process.execPath, [script, root], { env, encoding: 'utf8', timeout: 15_000 });
  return { signal: ended.signal, status: ended.status, stdout: ended.stdout, stderr: ended.stderr };
}
const read = (name: string) => readFileSync(join(root, name), 'utf8');

const ids = ['p/file/1', 'p/big/1', 'p/run/1', 'p/file/2'];
const points = ['before', 'mid', 'after-unacked'] as const;

describe('a run that was killed', () => {
  it.each(ids.flatMap((id) => points.map((point) => [id, point])))('at %s (%s) is resumed', (id, point) => {
    const list = join(root, 'sent');
    const killed = run({ KUBEWRIGHT_FAULT: `${id}:${point}:kill9`, KUBEWRIGHT_FAULT_LIST: list });
    expect(killed).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    const sent = read('sent').trim().split('\n');
    expect(sent.includes(id)).toBe(point !== 'before');
    const again = run();
    expect(again.stderr).toBe('');
    expect(JSON.parse(again.stdout)).toHaveLength(4);
    expect([read('etc/one'), read('etc/two')]).toEqual(['one', 'two']);
    expect(read('etc/big')).toHaveLength(3_000_000);
    expect(readdirSync(join(root, 'etc')).sort()).toEqual(['big', 'one', 'two']);
    expect(readdirSync(join(root, 'run/kubewright'))).toHaveLength(
      point === 'after-unacked' && id === 'p/run/1' ? 1 : 0,
    );
  });
});

describe('a connection that was lost', () => {
  it.each([
    ['p/file/1', 'mid', 'reset'],
    ['p/big/1', 'mid', 'reset'],
    ['p/big/1', 'after-unacked', 'blackhole'],
    ['p/run/1', 'before', 'reset'],
    ['p/run/1', 'mid', 'reset'],
    ['p/run/1', 'after-unacked', 'reset'],
    ['p/file/2', 'after-unacked', 'reset'],
  ])('at %s (%s, %s) is made again, and nothing runs twice', (id, point, kind) => {
    const ended = run({ KUBEWRIGHT_FAULT: `${id}:${point}:${kind}` });
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
