import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KubewrightError } from '../../base/errors.ts';
import { type KnownHost, parseKnownHosts } from './known-hosts.ts';

/** All entries of all files in order. Files that are not there count as empty; unreadable ones are an error. */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHost[]> {
  const entries: KnownHost[] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '';
      throw unusable(file, 'read', error);
    });
    entries.push(...parseKnownHosts(text, file));
  }
  return entries;
}

/**
 * Adds one line in one write. O_APPEND and not rename: OpenSSH and other runs append to the same file at the same
 * time, and a rename would lose their lines. A new file is 0600 in a 0700 folder; an old one keeps its mode.
 */
export async function appendKnownHost(file: string, line: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'a+', 0o600);
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      const lead = size > 0 && last[0] !== 0x0a ? '\n' : '';
      await handle.write(`${lead}${line}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unusable(file, 'write', error as Error);
  }
}

function unusable(file: string, verb: string, cause: Error): KubewrightError {
  return new KubewrightError({
    code: 'KnownHostsUnusable',
    message: `cannot ${verb} the known hosts in ${file}: ${cause.message}`,
    hint: `ls -l ${file}`,
    exit: 'hostKey',
    cause,
  });
}
