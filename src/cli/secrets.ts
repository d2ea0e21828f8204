import { readFile } from 'node:fs/promises';
import { KubewrightError } from '../base/errors.ts';
import type { Runtime } from './runtime.ts';

interface SecretSource {
  passwordFile?: string | undefined;
  passwordEnv?: string | undefined;
}

/** undefined where there is no such file. */
export async function readLocalFile(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new KubewrightError({
      code: 'FileUnreadable',
      message: `The file ${path}, which the cluster file names, is there, but cannot be read: ${code}.`,
      hint: 'It has to be a file that the user may read who runs this command.',
      exit: 'invalidInput',
      cause,
    });
  }
}

/** A password from where the specification says it is on this machine; undefined where it is not. */
export async function readSecret(env: Runtime['env'], source: SecretSource): Promise<string | undefined> {
  if (source.passwordEnv && env[source.passwordEnv]) return env[source.passwordEnv];
  if (!source.passwordFile) return undefined;
  try {
    return (await readFile(source.passwordFile, 'utf8')).replace(/\r?\n$/, '') || undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new KubewrightError({
      code: 'PasswordFileUnreadable',
      message: `The password file ${source.passwordFile} is there, but cannot be read: ${(cause as NodeJS.ErrnoException).code}.`,
      hint: 'It has to be a file that the user may read who runs this command.',
      exit: 'invalidInput',
      cause,
    });
  }
}
