import { readFile } from 'node:fs/promises';
import { KubewrightError } from '../base/errors.ts';
import type { Runtime } from './runtime.ts';

interface SecretSource {
  passwordFile?: string | undefined;
  passwordEnv?: string | undefined;
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
