import type { ApiClient } from '../kube/port.ts';
import { type ApplyCommandOptions, apply, type DryRun } from './apply.ts';
import { duration } from './duration.ts';
import { unreadable, usageFault } from './failures.ts';
import type { FileSelection } from './selection/files.ts';
import type { Output } from './streams.ts';
import { waitUntilComplete } from './wait/complete.ts';

/** The flags of `apply` as they were given. */
export interface ApplyFlags {
  words: readonly string[];
  filenames: readonly string[];
  namespace?: string | undefined;
  output?: string | undefined;
  dryRun: string;
  validate: string;
  serverSide: boolean;
  forceConflicts: boolean;
  fieldManager: string;
  showManagedFields: boolean;
  wait: boolean;
  timeout: string;
}

const VALIDATION = {
  true: 'strict',
  false: 'ignore',
  strict: 'strict',
  warn: 'warn',
  ignore: 'ignore',
} as const;

/** The same flags, looked through before anything is read or connected. */
export function checkApply(flags: ApplyFlags) {
  if (flags.words.length > 0)
    throw usageFault(`Unexpected args: [${flags.words.join(' ')}]`, 'name files with -f, each with its own');
  if (flags.filenames.length === 0)
    throw usageFault('must specify one of -f and -k', 'kubewright apply -f FILE');
  if (!flags.serverSide)
    throw usageFault('--server-side=false is not there yet', 'leave it out: the API server merges');
  const timeoutMs = duration(flags.timeout, 'timeout');
  const dryRun = flags.dryRun as DryRun;
  const validate = VALIDATION[flags.validate as keyof typeof VALIDATION];
  return { ...flags, dryRun, validate, timeoutMs };
}

/** Before an API server is looked for. */
export function requireObjects({ manifests }: FileSelection): void {
  if (manifests.length === 0) throw unreadable('no objects passed to apply');
}

/** `apply` of what has been read. */
export async function runApply(
  client: ApiClient,
  { wait, ...options }: ApplyCommandOptions & { wait: boolean; timeoutMs: number },
  output: Output,
): Promise<void> {
  const results = await apply(client, options, output);
  if (wait && options.dryRun === 'none') await waitUntilComplete(client, results, options.timeoutMs);
}
