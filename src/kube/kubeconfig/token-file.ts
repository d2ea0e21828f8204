import { readFile } from 'node:fs/promises';
import { kubeconfigError } from './failures.ts';

/** Service account tokens are rotated on disk; client-go looks once a minute too. */
const FRESH_MS = 60_000;

export function tokenFile(path: string): (refused?: boolean) => Promise<string> {
  let token: string | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  return async (refused = false) => {
    if (token === undefined || refused || performance.now() - readAt > FRESH_MS) {
      token = await read(path);
      readAt = performance.now();
    }
    return `Bearer ${token}`;
  };
}

async function read(path: string): Promise<string> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    if (text !== '') return text;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw kubeconfigError('CredentialsUnreadable', `the token file ${path} cannot be read (${code})`, {
      cause,
    });
  }
  throw kubeconfigError('CredentialsUnreadable', `the token file ${path} is empty`);
}
