import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ApiEndpoint } from './port.ts';

/** Where something of one cluster is kept. The CA is part of the name: another cluster at the same address is another. */
export function cacheFile({ server, tls }: ApiEndpoint, cacheDir: string, ending: string): string {
  const key = createHash('sha256')
    .update(server)
    .update('\0')
    .update(tls.ca ?? '');
  return join(cacheDir, `${key.digest('hex')}.${ending}`);
}

/** By rename: whoever reads meanwhile, or writes too, sees one whole text or the other. */
export async function writeCache(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
