import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { KubewrightError } from '../../base/errors.ts';
import type { TarEntry } from '../image/tar.ts';

/** Shared libraries right in a library folder, with the loader; not gconv and other plugins below. */
const LIBRARY = /^\/(usr\/)?lib(32|64|x32)?\/([^/]+-linux-gnu[^/]*\/)?[^/]+\.so(\.[^/]*)?$/;
const LICENCE = /^\/usr\/share\/doc\/[^/]+\/copyright$/;
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

/** Out of an unpacked root: the programs, the libraries and the licences. */
export async function readTree(root: string, programs: readonly string[]): Promise<TarEntry[]> {
  const all = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = all
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .filter((path) => programs.includes(path) || LIBRARY.test(path) || LICENCE.test(path));
  const missing = programs.filter((program) => !paths.includes(program));
  if (missing.length > 0) {
    throw new KubewrightError({
      code: 'PackageUnavailable',
      message: `the distribution's packages do not have ${missing.join(', ')}`,
      exit: 'artifact',
    });
  }
  const entries = await Promise.all(paths.map((path) => readEntry(root, path)));
  return [...entries, ...mergedLinks(paths)];
}

async function readEntry(root: string, path: string): Promise<TarEntry> {
  const file = join(root, path);
  const stat = await lstat(file);
  if (stat.isSymbolicLink()) return { path, type: 'symlink', mode: 0o777, target: await readlink(file) };
  const mode = stat.mode & 0o111 ? 0o755 : 0o644;
  return { path, type: 'file', mode, size: stat.size, open: () => createReadStream(file) };
}

/** /lib64 → usr/lib64 and so on where packages have everything below /usr: the loader's path begins with /lib. */
function mergedLinks(paths: readonly string[]): TarEntry[] {
  return MERGED.filter(
    (name) =>
      paths.some((path) => path.startsWith(`/usr/${name}/`)) &&
      !paths.some((path) => path.startsWith(`/${name}/`)),
  ).map((name) => ({ path: `/${name}`, type: 'symlink', mode: 0o777, target: `usr/${name}` }));
}
