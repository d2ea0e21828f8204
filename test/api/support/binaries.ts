import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of the real programs, from KUBEWRIGHT_TEST_BIN; undefined where one is missing. */
export async function findBinary(...names: string[]): Promise<string | undefined> {
  const folder = process.env.KUBEWRIGHT_TEST_BIN;
  if (!folder) return undefined;
  return names.map((name) => join(folder, name)).find((path) => existsSync(path));
}
