import { readFile } from 'node:fs/promises';
import { writeCache } from '../cache-file.ts';

/** Which API server answered last, kept between commands. Only a hint: lost or damaged, nothing is worse than slower. */
export class ServerMemory {
  readonly #file: string | undefined;
  #kept: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** One of those that are known, whatever the file says; undefined where it is of no use. */
  async read(known: readonly string[]): Promise<string | undefined> {
    // Without a file every command begins with the first one: that is nothing to write down.
    this.#kept = known[0];
    if (this.#file === undefined) return undefined;
    try {
      const { server } = JSON.parse(await readFile(this.#file, 'utf8')) as { server?: unknown };
      const found = known.find((each) => each === server);
      this.#kept = found ?? this.#kept;
      return found;
    } catch {
      return undefined;
    }
  }

  write(server: string): void {
    const file = this.#file;
    if (file === undefined || server === this.#kept) return;
    this.#kept = server;
    const text = JSON.stringify({ server });
    this.#writing = this.#writing.then(() => writeCache(file, text)).catch(() => undefined);
  }

  /** When what was to be kept is on the disk. */
  settled(): Promise<void> {
    return this.#writing;
  }
}
