import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../../src/artifacts/store.ts';
import { silent } from '../../../src/output/events.ts';

/**
 * Real programs, by component: from the folder KUBEWRIGHT_TEST_BIN, else the newest of the artifact cache. Nothing is
 * built here: a cold kube-apiserver takes minutes, and `npm run components` says what it does.
 */
export async function findBinaries<const N extends string>(
  names: readonly N[],
): Promise<Record<N, string | undefined>> {
  const folder = process.env.KUBEWRIGHT_TEST_BIN;
  const cached = await openStore({ env: process.env, reporter: silent }).status();
  const find = (name: string): string | undefined => {
    const given = folder ? join(folder, name) : '';
    if (existsSync(given)) return given;
    return cached.find((one) => one.kind === 'component' && one.name === name)?.artifact?.path;
  };
  return Object.fromEntries(names.map((name) => [name, find(name)])) as Record<N, string | undefined>;
}
