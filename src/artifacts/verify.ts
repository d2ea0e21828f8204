import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { KubewrightError } from '../base/errors.ts';

/** A file and what it has to be. */
export interface Expected {
  /** What to call it in messages: `kube-apiserver v1.37.2 (amd64)`. */
  name: string;
  path: string;
  sha256: string;
  size: number;
}

const CHUNK = 128 << 10;
/** What was verified in this process: a file that looks the same to stat is not read a second time before use. */
const verified = new Map<string, string>();

/**
 * The file's bytes: none before the whole is verified, and the stream fails when they change meanwhile, with
 * `ArtifactMissing`, `ArtifactTruncated` or `ArtifactTampered`.
 */
export function openVerified(file: Expected): Readable {
  return Readable.from(read(file), { objectMode: false, highWaterMark: CHUNK });
}

/** For a file that this process has just written and hashed. */
export function trust(path: string, stat: BigIntStats, sha256: string): void {
  verified.set(path, fingerprint(stat, sha256));
}

async function* read(file: Expected): AsyncGenerator<Buffer> {
  const handle = await openFile(file);
  try {
    await verifyHandle(handle, file);
    const hash = createHash('sha256');
    let position = 0;
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      if (position > file.size) throw tampered(file, `${position} bytes or more`, `${file.size} bytes`);
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      yield chunk;
    }
    if (position < file.size) throw truncated(file, position);
    check(file, hash.digest('hex'));
  } finally {
    await handle.close();
  }
}

async function verifyHandle(handle: FileHandle, file: Expected): Promise<void> {
  const stat = await handle.stat({ bigint: true });
  checkSize(file, Number(stat.size));
  if (verified.get(file.path) === fingerprint(stat, file.sha256)) return;
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    hash.update(buffer.subarray(0, bytesRead));
  }
  check(file, hash.digest('hex'));
  verified.set(file.path, fingerprint(stat, file.sha256));
}

async function openFile(file: Expected): Promise<FileHandle> {
  try {
    return await open(file.path, 'r');
  } catch (cause) {
    throw new KubewrightError({
      code: 'ArtifactMissing',
      message: `${file.name} is gone from the cache`,
      hint: 'Run the same command again: it is made anew.',
      evidence: (cause as Error).message,
      exit: 'artifact',
      cause,
    });
  }
}

/** Throws when a file of `size` bytes cannot be the expected one. */
export function checkSize(file: Expected, size: number): void {
  if (size < file.size) throw truncated(file, size);
  if (size > file.size) throw tampered(file, `${size} bytes`, `${file.size} bytes`);
}

function check(file: Expected, sha256: string): void {
  if (sha256 !== file.sha256) throw tampered(file, `sha256 ${sha256}`, `sha256 ${file.sha256}`);
}

function truncated(file: Expected, size: number): KubewrightError {
  return refused('ArtifactTruncated', `${file.name} in the cache is cut short`, file, {
    actual: `${size} bytes`,
    expected: `${file.size} bytes`,
  });
}

function tampered(file: Expected, actual: string, expected: string): KubewrightError {
  return refused('ArtifactTampered', `${file.name} in the cache is not what was put there`, file, {
    actual,
    expected,
  });
}

function refused(
  code: string,
  message: string,
  file: Expected,
  seen: { expected: string; actual: string },
): KubewrightError {
  return new KubewrightError({
    code,
    message,
    hint: `Drop it with: rm -f '${file.path}'; then run the same command again: it is made anew.`,
    evidence: `expected ${seen.expected}\nactual   ${seen.actual}`,
    exit: 'artifact',
  });
}

function fingerprint(stat: BigIntStats, sha256: string): string {
  return [sha256, stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(':');
}
