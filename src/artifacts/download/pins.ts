import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stateDir } from '../../base/dirs.ts';
import { KubewrightError } from '../../base/errors.ts';

type Environment = Record<string, string | undefined>;

/** Upstream's address (never a mirror's) or `REFERENCE linux/ARCH` → what came from there the first time. */
type Digests = Record<string, string>;

/** KUBEWRIGHT_ARTIFACTS_LOCK names a file that people share, in a repository; else it is this user's own. */
export function pinFile(env: Environment): string {
  return env.KUBEWRIGHT_ARTIFACTS_LOCK || join(stateDir(env), 'artifacts.lock.json');
}

/**
 * The lock file: what was downloaded once is the same for ever. It only grows; an entry is taken out by people, who
 * then accept what is there now.
 */
export class Pins {
  readonly file: string;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(file: string) {
    this.file = file;
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#read())[key];
  }

  /** Throws `ChecksumChanged` where something else is pinned. */
  async check(key: string, found: string): Promise<void> {
    const pinned = await this.get(key);
    if (pinned === undefined || pinned === found) return;
    throw new KubewrightError({
      code: 'ChecksumChanged',
      message: `${key} is not what it was when it was downloaded first`,
      hint: `Released files do not change: ask whoever runs the mirror or upstream why. To accept what is there now, take the line of ${key} out of ${this.file} and run the same command again.`,
      evidence: `pinned ${pinned}\nnow    ${found}`,
      exit: 'artifact',
    });
  }

  /** Downloads run beside each other: each waits for the one before. */
  add(key: string, digest: string): Promise<void> {
    const turn = this.#queue.then(() => this.#add(key, digest));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #add(key: string, digest: string): Promise<void> {
    const digests = await this.#read();
    if (digests[key] === digest) return;
    digests[key] = digest;
    const sorted = Object.fromEntries(Object.entries(digests).sort(([a], [b]) => (a < b ? -1 : 1)));
    const temporary = `${this.file}.${randomUUID()}`;
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    await writeFile(temporary, `${JSON.stringify({ version: 1, digests: sorted }, undefined, 2)}\n`, {
      flush: true,
    });
    await rename(temporary, this.file);
  }

  async #read(): Promise<Digests> {
    const text = await readFile(this.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{"digests":{}}';
      throw this.#unreadable(error);
    });
    try {
      const { digests } = JSON.parse(text) as { digests: Digests };
      return { ...digests };
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  #unreadable(cause: unknown): KubewrightError {
    return new KubewrightError({
      code: 'LockFileUnreadable',
      message: `the lock file of downloads cannot be read: ${this.file}`,
      hint: 'Mend it, or take it away: what is downloaded is then pinned anew.',
      evidence: (cause as Error).message,
      exit: 'invalidInput',
      cause,
    });
  }
}
