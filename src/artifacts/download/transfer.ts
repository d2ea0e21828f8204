import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shownUrl } from '../../base/shown-url.ts';
import { connectionFailure, DownloadFailure, tooLarge } from './failures.ts';
import { type Answer, type Http, refused } from './http.ts';

export interface Transfer {
  url: string;
  /** What it has to be; also what a partial file is kept under until it is whole. */
  sha256: string;
  /** Bytes that it may have at most. */
  limit: number;
  headers?: Record<string, string>;
  onProgress?: (done: number, total: number) => void;
}

/** Where a partial file comes from: with another validator it is not the same file any more. */
interface Origin {
  validator: string;
}

/**
 * The whole and verified file, in `folder`; the caller removes it when it is done with it. A file that was cut is
 * taken up where it ended, in this run or the next (RFC 9110, Range with If-Range); what is there is hashed as a
 * whole at the end, so that a server that changed its mind or its clock costs a second download and no more.
 */
export async function transfer(http: Http, folder: string, wanted: Transfer): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, wanted.sha256);
  let patience = 2;
  for (;;) {
    const resumed = await http.retried(
      () => pull(http, path, wanted),
      () => true,
    );
    const found = await sha256Of(path);
    if (found === wanted.sha256) {
      await rm(`${path}.origin`, { force: true });
      return path;
    }
    await discard(path);
    patience--;
    // Pieces of two files: once more from the start.
    if (!resumed || patience === 0) throw mismatch(wanted, found);
  }
}

/** One try; leaves what it got. Whether it went on from what was there. */
async function pull(http: Http, path: string, wanted: Transfer): Promise<boolean> {
  const have = await sizeOf(path);
  const origin = have > 0 ? await readOrigin(path) : undefined;
  const range: Record<string, string> =
    have > 0
      ? { range: `bytes=${have}-`, ...(origin?.validator ? { 'if-range': origin.validator } : {}) }
      : {};
  const answer = await http.open(wanted.url, { ...wanted.headers, ...range });
  if (answer.status === 416) {
    await answer.body.dump().catch(() => undefined);
    // Either all of it is there already, or the file became shorter: the hash tells.
    if (totalOf(answer) === have) return true;
    await discard(path);
    return pull(http, path, wanted);
  }
  const goesOn = answer.status === 206 && startOf(answer) === have;
  if (answer.status !== 200 && answer.status !== 206) throw await refused(wanted.url, answer);
  if (answer.status === 206 && !goesOn) {
    await answer.body.dump().catch(() => undefined);
    await discard(path);
    return pull(http, path, wanted);
  }
  await receive(http, path, wanted, answer, goesOn ? have : 0);
  return goesOn;
}

async function receive(
  http: Http,
  path: string,
  wanted: Transfer,
  answer: Answer,
  from: number,
): Promise<void> {
  const length = Number(answer.headers['content-length'] ?? Number.NaN);
  const total = Number.isFinite(length) ? from + length : 0;
  if (total > wanted.limit) {
    await answer.body.dump().catch(() => undefined);
    throw tooLarge(wanted.url, wanted.limit);
  }
  await writeFile(`${path}.origin`, JSON.stringify({ validator: validatorOf(answer) } satisfies Origin));
  const file = await open(path, from > 0 ? 'a' : 'w', 0o600);
  let done = from;
  try {
    for await (const chunk of answer.body) {
      done += chunk.length;
      if (done > wanted.limit) throw tooLarge(wanted.url, wanted.limit);
      await append(file, path, chunk);
      wanted.onProgress?.(done, total);
    }
  } catch (error) {
    throw connectionFailure(wanted.url, error, http.signal);
  } finally {
    await file.close();
  }
}

async function append(file: FileHandle, path: string, chunk: Buffer): Promise<void> {
  try {
    await file.writeFile(chunk);
  } catch (cause) {
    const full = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
    throw new DownloadFailure({
      code: full ? 'DiskFull' : 'DownloadFailed',
      message: `${path} cannot be written${full ? ': this machine has no space left' : ''}`,
      hint: 'Make room and run the same command again: it goes on from there.',
      exit: full ? 'diskFull' : 'artifact',
      evidence: (cause as Error).message,
      cause,
    });
  }
}

/** A strong entity tag, else the date of the last change; without one the hash alone judges. */
function validatorOf(answer: Answer): string {
  const { etag, 'last-modified': changed } = answer.headers;
  if (typeof etag === 'string' && !etag.startsWith('W/')) return etag;
  return typeof changed === 'string' ? changed : '';
}

function startOf(answer: Answer): number | undefined {
  const [, start] = /^bytes (\d+)-/.exec(String(answer.headers['content-range'])) ?? [];
  return start === undefined ? undefined : Number(start);
}

function totalOf(answer: Answer): number | undefined {
  const [, total] = /^bytes \*\/(\d+)$/.exec(String(answer.headers['content-range'])) ?? [];
  return total === undefined ? undefined : Number(total);
}

async function readOrigin(path: string): Promise<Origin | undefined> {
  const text = await readFile(`${path}.origin`, 'utf8').catch(() => '');
  try {
    return JSON.parse(text) as Origin;
  } catch {
    return undefined;
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function discard(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}.origin`, { force: true });
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

function mismatch(wanted: Transfer, found: string): DownloadFailure {
  return new DownloadFailure({
    code: 'ChecksumMismatch',
    message: `${shownUrl(wanted.url)} is not what its checksum says; it was thrown away`,
    hint: 'Run the same command again. If it stays so, the file there is damaged or was exchanged: tell who runs it, and use another mirror or --artifacts-source build.',
    evidence: `expected sha256 ${wanted.sha256}\nactual   sha256 ${found}`,
  });
}
