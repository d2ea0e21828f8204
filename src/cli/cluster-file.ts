import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import * as Flags from '@oclif/core/flags';
import { KubewrightError } from '../base/errors.ts';
import type { ClusterFile } from '../cluster/spec/file.ts';
import { specFlags } from './cluster-flags.ts';
import type { CliContext } from './context.ts';
import type { Runtime } from './runtime.ts';

const { 'kubernetes-version': version, 'image-repository': repository, cni } = specFlags;

/** Of which cluster the images are meant: a file says it, or the few options that change them. */
export const imageSourceFlags = {
  filename: Flags.string({
    char: 'f',
    exclusive: ['kubernetes-version', 'image-repository', 'cni'],
    description: 'Cluster file, or - for standard input.',
  }),
  'kubernetes-version': version,
  'image-repository': repository,
  cni,
};

/** What a cluster file says; what has no effect in it is told. Nothing where no file was named. */
export async function clusterFile(
  name: string | undefined,
  cli: Pick<CliContext, 'reporter'>,
  { cwd, stdin }: Pick<Runtime, 'cwd' | 'stdin'>,
): Promise<ClusterFile | undefined> {
  if (name === undefined) return undefined;
  const [{ readClusterFile }, content] = await Promise.all([
    import('../cluster/spec/file.ts'),
    name === '-' ? text(stdin) : readNamed(resolve(cwd, name), name),
  ]);
  const file = readClusterFile(content, name === '-' ? 'standard input' : name);
  for (const warning of file.warnings) {
    cli.reporter.emit({ type: 'message', level: 'warning', text: warning });
  }
  return file;
}

async function readNamed(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new KubewrightError({
      code: 'FileUnreadable',
      message: `The cluster file ${name} cannot be read: ${(cause as NodeJS.ErrnoException).code}.`,
      hint: 'Name a file with one "kind: Cluster" in it, or - for standard input.',
      exit: 'invalidInput',
      cause,
    });
  }
}
