import { dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { clientVersion, wantsClientVersion } from './client-version.ts';

/**
 * Called by bin/run.js. What can be answered without oclif is; loading its configuration takes longer than
 * all of `kubectl version --client`.
 */
export async function main(metaUrl: string, argv: string[]): Promise<void> {
  const root = dirname(dirname(fileURLToPath(metaUrl)));
  if (wantsClientVersion(argv)) {
    process.stdout.write(clientVersion(root));
    return;
  }
  const { runProcess } = await import('./run.ts');
  await runProcess(root, argv);
}
