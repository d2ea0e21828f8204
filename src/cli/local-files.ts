import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KubewrightError } from '../base/errors.ts';
import type { PatchFile } from '../cluster/spec/patches-folder.ts';

/** The files of a folder, those of folders inside left out; undefined where there is none that can be read. */
export function readFolder(path: string): PatchFile[] | undefined {
  try {
    return filesIn(path);
  } catch {
    return undefined;
  }
}

function filesIn(path: string): PatchFile[] {
  const files = readdirSync(path, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return files.map(({ name }) => ({ name, text: readFileSync(join(path, name), 'utf8') }));
}

/** The files of a folder, those of folders inside left out. */
export function readOptionFolder(option: string, path: string, cwd: string): PatchFile[] {
  try {
    return filesIn(resolve(cwd, path));
  } catch (error) {
    throw new KubewrightError({
      code: 'FileUnreadable',
      message: `--${option} ${path} cannot be read: ${(error as Error).message}.`,
      hint: 'Is the path right, seen from the folder that the command runs in?',
      exit: 'invalidInput',
      cause: error,
    });
  }
}
