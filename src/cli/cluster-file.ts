import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import * as Flags from '@oclif/core/flags';
import { KubewrightError } from '../base/errors.ts';
import type { KubeadmFile } from '../cluster/spec/kubeadm/convert.ts';
import { specFlags } from './cluster-flags.ts';
import type { CliContext } from './context.ts';
import { readFolder } from './local-files.ts';
import type { Runtime } from './runtime.ts';

const { 'kubernetes-version': version, 'image-repository': repository, cni } = specFlags;

/** Of which cluster the images are meant: a file says it, or the few options that change them. */
export const imageSourceFlags = {
  filename: Flags.string({
    char: 'f',
    exclusive: ['kubernetes-version', 'image-repository', 'cni'],
    description: 'Cluster file or one of kubeadm, or - for standard input.',
  }),
  'kubernetes-version': version,
  'image-repository': repository,
  cni,
};

/** For commands that are about the file itself. */
export const configFileFlags = {
  filename: Flags.string({
    char: 'f',
    required: true,
    description: 'Cluster file or one of kubeadm, or - for standard input.',
  }),
  'node-name': Flags.string({
    description: 'Name of the host that a file of kubeadm is for.',
  }),
};

/** What a cluster file, or one of kubeadm, says; what has no effect in it is told. Nothing where no file was named. */
export async function clusterFile(
  name: string | undefined,
  cli: Pick<CliContext, 'reporter'>,
  { cwd, stdin }: Pick<Runtime, 'cwd' | 'stdin'>,
  { nodeName }: { nodeName?: string | undefined } = {},
): Promise<KubeadmFile | undefined> {
  if (name === undefined) return undefined;
  const [{ readConfig }, content] = await Promise.all([
    import('../cluster/spec/read.ts'),
    name === '-' ? text(stdin) : readNamed(resolve(cwd, name), name),
  ]);
  const file = readConfig(content, name === '-' ? 'standard input' : name, {
    nodeName,
    readFolder: (folder) => readFolder(resolve(cwd, folder)),
  });
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
