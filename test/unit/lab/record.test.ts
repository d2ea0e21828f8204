import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeAtomically } from '../../../src/lab/record.ts';

it('files written at the same moment do not collide (two hosts that booted within a millisecond)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kw-record-'));
  const path = join(folder, 'new/lab.json');
  const texts = Array.from({ length: 30 }, (_, index) => `${index}`.repeat(1000));
  await Promise.all(texts.map((text) => writeAtomically(path, text, 0o600)));
  expect(texts).toContain(await readFile(path, 'utf8'));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(folder, 'new'))).toEqual(['lab.json']);
  await rm(folder, { recursive: true });
});
