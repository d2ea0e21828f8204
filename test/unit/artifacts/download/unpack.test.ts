import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resolve, unpack } from '../../../../src/artifacts/download/unpack.ts';
import { expectErrorLine } from '../../../golden/error-lines.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubewright-unpack-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function archive(add: (tar: ReturnType<typeof pack>) => void): Promise<Buffer> {
  const tar = pack();
  add(tar);
  tar.finalize();
  return buffer(tar);
}

async function unpacked(content: Buffer) {
  const file = join(folder, 'archive');
  writeFileSync(file, content);
  return unpack(file, folder, () => true);
}

it('B55: names that lead out of an archive, and links, become no paths', async () => {
  const found = await unpacked(
    await archive((tar) => {
      tar.entry({ name: '../../../escaped' }, 'x');
      tar.entry({ name: '/etc/cron.d/x' }, 'x');
      tar.entry({ name: 'out', type: 'symlink', linkname: '/etc/passwd' });
      tar.entry({ name: 'hard', type: 'link', linkname: '../../../../etc/passwd' });
    }),
  );
  expect(readdirSync(folder).sort()).toEqual(['0', '1', 'archive']);
  expect(readdirSync(join(folder, '..'))).not.toContain('escaped');
  expect(resolve(found, 'out')).toBeUndefined();
  expect(resolve(found, 'hard')).toBeUndefined();
});

it.each([600, 1500])('B55: an archive that is cut after %i bytes is refused', async (bytes) => {
  const content = await archive((tar) => tar.entry({ name: 'bin/kubelet' }, 'x'.repeat(2000)));
  await expect(unpacked(content.subarray(0, bytes))).rejects.toMatchObject({
    code: 'ArchiveDamaged',
    exit: 18,
  });
  const zipped = gzipSync(content);
  await expect(unpacked(zipped.subarray(0, zipped.length - 10))).rejects.toMatchObject({
    code: 'ArchiveDamaged',
  });
});

it('B55: an archive that grows without end is refused by what it says of itself, before a disk is full', async () => {
  const header = (await archive((tar) => tar.entry({ name: 'bomb' }, ''))).subarray(0, 512);
  header.write(`${(5 * 2 ** 30).toString(8).padStart(11, '0')} `, 124);
  header.fill(' ', 148, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const bomb = gzipSync(Buffer.concat([header, Buffer.alloc(1 << 20)]));
  await expectErrorLine('B55-bomb', await unpacked(bomb).catch((error) => error), [[folder, 'FOLDER']]);
  expect(readdirSync(folder)).toEqual(['archive']);
});
