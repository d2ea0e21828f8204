import { readFileSync } from 'node:fs';
import { sleep } from '../../base/wait.ts';

const INTERVAL_MS = 5;

/**
 * What an ssh writes with `-v -E FILE`: so that its stderr is the command's alone, and how far it came can be seen.
 * A file, because ssh closes every other descriptor as it starts.
 */
export class LogFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  text(): string {
    try {
      return readFileSync(this.path, 'utf8');
    } catch {
      return ''; // not written yet
    }
  }

  /** Polls until `look` finds what it looks for, or `over` says that nothing more will come. */
  async until<T>(look: (text: string) => T | undefined, over: () => boolean): Promise<T | undefined> {
    for (;;) {
      const last = over();
      const found = look(this.text());
      if (found !== undefined || last) return found;
      await sleep(INTERVAL_MS);
    }
  }

  /** Messages for people: without debug lines, in printable characters. */
  messages(): string {
    const lines = this.text()
      .split(/\r?\n/)
      .filter((line) => line !== '' && !/^debug\d: |^OpenSSH_|^@@@/.test(line));
    return lines.map(printable).join('\n');
  }
}

/** Nothing that a server said may move the cursor. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => JSON.stringify(char).slice(1, -1));
}
