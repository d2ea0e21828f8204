import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let found: string | undefined;

/** The folder that has components/ and templates/: the same from sources, from dist/ and installed by npm. */
export function packageRoot(): string {
  if (found) return found;
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) || !existsSync(join(folder, 'components'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error('the package is incomplete: components/ is not beside package.json');
    folder = parent;
  }
  found = folder;
  return folder;
}
