import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { DownloadFailure } from './failures.ts';

/** More than any release has, and less than what fills a disk: archives can be made that grow without end. */
const MOST_BYTES = 4 * 2 ** 30;

/** What an archive has under one name: a file of ours with its bytes, or where a link leads. */
export type Unpacked = { file: string; size: number } | { link: string };

/**
 * Writes the files of a verified tar (compressed or not) that `wanted` takes into `folder`, under numbers: no name in
 * an archive becomes a path here. Names lose a leading `./`. Hard links count as links.
 */
export async function unpack(
  archive: string,
  folder: string,
  wanted: (name: string) => boolean,
): Promise<Map<string, Unpacked>> {
  const found = new Map<string, Unpacked>();
  const tar = extract();
  let left = MOST_BYTES;
  let files = 0;
  tar.on('entry', (header, content, done) => {
    const name = plainName(header.name);
    left -= header.size ?? 0;
    const finish = (error?: Error) => done(error);
    // The archive's own failure, which is told by it; unheard here it would end the process.
    content.on('error', () => undefined);
    if (left < 0) return finish(damaged(archive, `more than ${MOST_BYTES} bytes`));
    const linked = header.type === 'symlink' || header.type === 'link';
    if (linked && wanted(name))
      found.set(name, { link: linkTarget(name, header.type, header.linkname ?? '') });
    if (header.type !== 'file' || !wanted(name)) {
      content.on('end', () => finish());
      content.resume();
      return;
    }
    const file = join(folder, `${files++}`);
    found.set(name, { file, size: header.size ?? 0 });
    pipeline(content as unknown as Readable, createWriteStream(file, { mode: 0o600 })).then(
      () => finish(),
      finish,
    );
  });
  try {
    const source = createReadStream(archive, { highWaterMark: 1 << 20 });
    if (await isGzip(archive)) await pipeline(source, createGunzip(), tar);
    else await pipeline(source, tar);
  } catch (error) {
    if (error instanceof DownloadFailure || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    throw damaged(archive, (error as Error).message);
  }
  return found;
}

export async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/** The file of that name, through links inside of the archive; undefined where there is none. */
export function resolve(
  found: Map<string, Unpacked>,
  name: string,
): { file: string; size: number } | undefined {
  let entry = found.get(plainName(name));
  for (let hops = 0; entry && 'link' in entry && hops < 8; hops++) entry = found.get(entry.link);
  return entry && 'file' in entry ? entry : undefined;
}

function linkTarget(name: string, type: string, target: string): string {
  if (type === 'link') return plainName(target);
  const parts = name.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

function plainName(name: string): string {
  return name.replace(/^(\.?\/)+/, '');
}

function damaged(archive: string, evidence: string): DownloadFailure {
  return new DownloadFailure({
    code: 'ArchiveDamaged',
    message: 'an archive has the right checksum and cannot be read as a tar',
    hint: 'What is published under this address is not what was expected. Use another mirror, or --artifacts-source build.',
    evidence: `${archive}\n${evidence}`,
  });
}
