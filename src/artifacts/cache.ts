import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact, ImageArtifact, Origin, Source } from './port.ts';
import { checkSize, type Expected, openVerified, trust } from './verify.ts';

/** What the index keeps of one artifact, beside its bytes. */
export interface Entry {
  component: string;
  version: string;
  arch: string;
  source: Source['name'] | 'assembled';
  /** Images only. */
  reference?: string;
  digest?: string;
  /** Downloads only. */
  origin?: Origin;
  /** How it came to be, for people: Go and compiler versions, packages with version and sha256. */
  made: Record<string, unknown>;
}

type Stored = Entry & { sha256: string; size: number };

/**
 * FOLDER/blobs/sha256/HASH, FOLDER/index/RECIPE.json, FOLDER/tmp, FOLDER/times.json. A recipe is everything that
 * decides what comes out (versions, go.sum, flags, architecture); the blob's name is what came out.
 */
export class Cache {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Undefined where it was never made, or its blob is gone. Throws where the blob has another size. */
  async find(recipe: Recipe): Promise<Artifact | ImageArtifact | undefined> {
    const text = await readFile(this.#index(recipe), 'utf8').catch(absent);
    if (text === undefined) return undefined;
    const stored = parse(text);
    if (!stored) return undefined;
    const path = this.#blob(stored.sha256);
    const found = await stat(path).catch(absent);
    if (!found) return undefined;
    const expected: Expected = { name: nameOf(stored), path, sha256: stored.sha256, size: stored.size };
    checkSize(expected, found.size);
    return artifact(stored, expected);
  }

  /** Moves a finished file (on the same file system: one from `temporary`) into the cache. */
  async put(recipe: Recipe, file: string, entry: Entry): Promise<Artifact | ImageArtifact> {
    const { sha256, size } = await settle(file);
    const path = this.#blob(sha256);
    await mkdir(join(this.folder, 'blobs', 'sha256'), { recursive: true, mode: 0o700 });
    await rename(file, path);
    trust(path, await stat(path, { bigint: true }), sha256);
    const stored: Stored = { ...entry, sha256, size };
    await this.#write(this.#index(recipe), `${JSON.stringify(stored, undefined, 2)}\n`);
    return artifact(stored, { name: nameOf(stored), path, sha256, size });
  }

  /** A new private folder on the cache's file system, removed when `work` ends. */
  async temporary<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = join(this.folder, 'tmp', randomUUID());
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** What killed runs left; only for who holds the lock. */
  async sweep(): Promise<void> {
    await rm(join(this.folder, 'tmp'), { recursive: true, force: true });
  }

  /** Seconds that each piece of work took the last time here. */
  async times(): Promise<Record<string, number>> {
    const text = await readFile(join(this.folder, 'times.json'), 'utf8').catch(absent);
    try {
      return text ? (JSON.parse(text) as Record<string, number>) : {};
    } catch {
      return {};
    }
  }

  async recordTime(key: string, seconds: number): Promise<void> {
    const times = { ...(await this.times()), [key]: Math.max(1, Math.round(seconds)) };
    await this.#write(join(this.folder, 'times.json'), `${JSON.stringify(times, undefined, 2)}\n`);
  }

  #index(recipe: Recipe): string {
    return join(this.folder, 'index', `${recipe.name.replaceAll('/', '-')}-${recipe.key}.json`);
  }

  #blob(sha256: string): string {
    return join(this.folder, 'blobs', 'sha256', sha256);
  }

  async #write(path: string, text: string): Promise<void> {
    await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${randomUUID()}`;
    await writeFile(temporary, text, { mode: 0o600, flush: true });
    await rename(temporary, path);
  }
}

/** A digest of everything that decides what comes out, and a name for people who look into the folder. */
export interface Recipe {
  name: string;
  key: string;
}

/** `inputs` is plain data whose keys are always written in the same order. */
export function recipe(name: string, inputs: unknown): Recipe {
  return { name, key: createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 32) };
}

function artifact(stored: Stored, expected: Expected): Artifact | ImageArtifact {
  const { component, version, arch, sha256, size, reference, digest, origin } = stored;
  const more = { ...(reference && digest ? { reference, digest } : {}), ...(origin ? { origin } : {}) };
  const open = () => openVerified(expected);
  return { component, version, arch, sha256, size, path: expected.path, open, ...more };
}

/** Hashes the file, makes it read-only and executable (peers are started from here) and puts it onto the disk. */
async function settle(file: string): Promise<{ sha256: string; size: number }> {
  await chmod(file, 0o555);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    size += chunk.length;
  }
  const handle = await open(file, 'r');
  await handle.sync().finally(() => handle.close());
  return { sha256: hash.digest('hex'), size };
}

function parse(text: string): Stored | undefined {
  try {
    const stored = JSON.parse(text) as Stored;
    return /^[0-9a-f]{64}$/.test(stored.sha256) && Number.isSafeInteger(stored.size) ? stored : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(entry: Entry): string {
  return `${entry.reference ?? `${entry.component} ${entry.version}`} (${entry.arch})`;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
