import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { kubeconfigError } from './failures.ts';

/** Inline base64 wins over the file beside it, as in client-go. Relative paths start at the kubeconfig's folder. */
export async function dataOrFile(
  data: string | undefined,
  path: string | undefined,
  kubeconfig: string,
  what: string,
): Promise<string | undefined> {
  if (data) return decode(data, kubeconfig, what);
  if (!path) return undefined;
  return readBeside(path, kubeconfig, what);
}

export async function readBeside(path: string, kubeconfig: string, what: string): Promise<string> {
  const full = resolve(dirname(kubeconfig), path);
  try {
    return await readFile(full, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw kubeconfigError(
      'CredentialsUnreadable',
      `${what} ${full}, named in ${kubeconfig}, cannot be read (${code})`,
      { cause },
    );
  }
}

function decode(data: string, kubeconfig: string, what: string): string {
  const compact = data.replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact))
    throw kubeconfigError('CredentialsUnreadable', `${what} in ${kubeconfig} is not base64`);
  return Buffer.from(compact, 'base64').toString('utf8');
}
