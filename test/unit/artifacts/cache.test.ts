import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recipe } from '../../../src/artifacts/cache.ts';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { bytes, refusal, store, temporaryCache } from './support.ts';

const KEY = { name: 'thing', key: 'k' };

function flipByte(path: string, at: number): void {
  chmodSync(path, 0o755);
  // In place: a file that is written anew is short for a moment, which is another fault.
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  writeSync(file, Buffer.from([byte[0]! ^ 1]), 0, 1, at);
  closeSync(file);
}

test('any bytes come back as they went in, under their digest', async () => {
  const cache = temporaryCache();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (content) => {
      const made = await store(cache, 'thing', Buffer.from(content));
      expect(made.sha256).toBe(createHash('sha256').update(content).digest('hex'));
      const found = await cache.find(KEY);
      expect(found).toMatchObject({ sha256: made.sha256, size: content.length, path: made.path });
      expect(await bytes(found!.open())).toEqual(Buffer.from(content));
    }),
    { numRuns: 30 },
  );
});

test('a large file passes in pieces', async () => {
  const made = await store(temporaryCache(), 'thing', Buffer.alloc(5_000_001, 'x'));
  let pieces = 0;
  for await (const chunk of made.open()) {
    expect((chunk as Buffer).length).toBeLessThanOrEqual(1 << 20);
    pieces += 1;
  }
  expect(pieces).toBeGreaterThanOrEqual(5);
});

test('what was never made, and what lost its blob, is not found', async () => {
  const cache = temporaryCache();
  expect(await cache.find(KEY)).toBeUndefined();
  const made = await store(cache, 'thing', 'abc');
  rmSync(made.path);
  expect(await cache.find(KEY)).toBeUndefined();
  expect(await refusal(bytes(made.open()))).toMatchObject({ code: 'ArtifactMissing', exit: EXIT.artifact });
});

test('an index entry that cannot be read counts as never made', async () => {
  const cache = temporaryCache();
  await store(cache, 'thing', 'abc');
  writeFileSync(join(cache.folder, 'index', 'thing-k.json'), '{"sha256": "../../etc/passwd", "size": 3}');
  expect(await cache.find(KEY)).toBeUndefined();
  writeFileSync(join(cache.folder, 'index', 'thing-k.json'), '{"sha');
  expect(await cache.find(KEY)).toBeUndefined();
});

test('B55: one flipped byte: no byte is given out, and the error has both digests and the next command', async () => {
  const cache = temporaryCache();
  const made = await store(cache, 'thing', Buffer.alloc(3_000_000, 'x'));
  flipByte(made.path, 2_999_999);
  const found = await cache.find(KEY);
  const given: Buffer[] = [];
  const error = await refusal(
    (async () => {
      for await (const chunk of found!.open()) given.push(chunk as Buffer);
    })(),
  );
  expect(given).toEqual([]);
  expect(error).toMatchObject({ code: 'ArtifactTampered', exit: EXIT.artifact });
  expect(error.message).toContain('thing v1 (amd64)');
  expect(error.evidence).toContain(`expected sha256 ${made.sha256}`);
  expect(error.evidence).toMatch(/actual {3}sha256 [0-9a-f]{64}/);
  expect(error.hint).toContain(`rm -f '${made.path}'`);
});

test('a file that was read well once and changed later, with its old time and size, is refused', async () => {
  const made = await store(temporaryCache(), 'thing', 'abcdef');
  await bytes(made.open());
  const { atime, mtime } = statSync(made.path);
  flipByte(made.path, 0);
  utimesSync(made.path, atime, mtime);
  expect(await refusal(bytes(made.open()))).toMatchObject({ code: 'ArtifactTampered' });
});

test('a file that changes while it is read fails the stream', async () => {
  const made = await store(temporaryCache(), 'thing', Buffer.alloc(8 << 20, 'x'));
  const reading = made.open()[Symbol.asyncIterator]();
  await reading.next();
  flipByte(made.path, (8 << 20) - 1);
  const rest = refusal(
    (async () => {
      while (!(await reading.next()).done);
    })(),
  );
  expect(await rest).toMatchObject({ code: 'ArtifactTampered' });
});

test('B55: a truncated file is refused when it is looked up and when it is read', async () => {
  const cache = temporaryCache();
  const made = await store(cache, 'thing', 'abcdef');
  chmodSync(made.path, 0o755);
  truncateSync(made.path, 4);
  for (const attempt of [() => cache.find(KEY), () => bytes(made.open())]) {
    const error = await refusal(attempt());
    expect(error).toMatchObject({ code: 'ArtifactTruncated', exit: EXIT.artifact });
    expect(error.evidence).toBe('expected 6 bytes\nactual   4 bytes');
  }
});

test('a file that grew is refused', async () => {
  const cache = temporaryCache();
  const made = await store(cache, 'thing', 'abcdef');
  chmodSync(made.path, 0o755);
  writeFileSync(made.path, 'abcdefg');
  expect(await refusal(cache.find(KEY))).toMatchObject({ code: 'ArtifactTampered' });
});

test('nothing temporary stays, also when making fails', async () => {
  const cache = temporaryCache();
  await store(cache, 'thing', 'abc');
  await refusal(cache.temporary(() => Promise.reject(new Error('no'))));
  expect(readdirSync(join(cache.folder, 'tmp'))).toEqual([]);
  expect(readdirSync(join(cache.folder, 'index'))).toEqual(['thing-k.json']);
});

test('recipes with different inputs have different keys', () => {
  expect(recipe('a', [1, 'x'])).toEqual(recipe('a', [1, 'x']));
  expect(recipe('a', [1, 'x']).key).not.toBe(recipe('a', [1, 'y']).key);
});
