import { readFile } from 'node:fs/promises';
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
  } catch {
    return undefined;
  }
}
