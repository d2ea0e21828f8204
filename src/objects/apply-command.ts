import type { ApiClient } from '../kube/port.ts';
import { type ApplyCommandOptions, apply, type DryRun } from './apply.ts';
import { duration } from './duration.ts';
import { usageFault } from './failures.ts';
import type { Output } from './streams.ts';
import { waitUntilComplete } from './wait/complete.ts';

/** The flags of `apply` as they were given. */
export interface ApplyFlags extends Omit<ApplyCommandOptions, 'dryRun' | 'validate' | 'timeoutMs'> {
  words: readonly string[];
  dryRun: string;
  validate: string;
  serverSide: boolean;
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

/** `apply` with its flags checked before anything is read or connected. */
export async function runApply(
  connect: () => Promise<ApiClient>,
  flags: ApplyFlags,
  output: Output,
): Promise<void> {
  if (flags.words.length > 0)
    throw usageFault(`Unexpected args: [${flags.words.join(' ')}]`, 'name files with -f, each with its own');
  if (flags.filenames.length === 0)
    throw usageFault('must specify one of -f and -k', 'kubewright apply -f FILE');
  if (!flags.serverSide)
    throw usageFault('--server-side=false is not there yet', 'leave it out: the API server merges');
  const timeoutMs = duration(flags.timeout, 'timeout');
  const client = await connect();
  const dryRun = flags.dryRun as DryRun;
  const validate = VALIDATION[flags.validate as keyof typeof VALIDATION];
  const results = await apply(client, { ...flags, dryRun, validate, timeoutMs }, output);
  if (flags.wait && dryRun === 'none') await waitUntilComplete(client, results, timeoutMs);
}
