import type { DryRun } from '../apply.ts';
import { usageFault } from '../failures.ts';
import type { SelectionOptions } from '../selection/select.ts';
import { type Output, warn } from '../streams.ts';

export interface DeleteCommandOptions {
  selection: SelectionOptions;
  /** undefined: true where objects are selected by --all or a selector, as in kubectl. */
  ignoreNotFound?: boolean;
  /** Seconds; undefined leaves it to the object. */
  gracePeriod?: number;
  now?: boolean;
  force?: boolean;
  cascade?: string;
  dryRun: DryRun;
  wait: boolean;
  /** 0: as long as it takes. */
  timeoutMs: number;
  output?: string;
}

export interface DeletePlan {
  gracePeriodSeconds?: number;
  propagation: 'Background' | 'Foreground' | 'Orphan';
  ignoreNotFound: boolean;
}

const CASCADES: Record<string, DeletePlan['propagation']> = {
  background: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
  true: 'Background',
  false: 'Orphan',
};

/** kubectl's rules for --now, --force, --grace-period and --cascade. */
export function planDeletion(options: DeleteCommandOptions, output: Output): DeletePlan {
  const { output: format, selection } = options;
  if (format && format !== 'name')
    throw usageFault(`unexpected -o output mode: ${format}. We only support '-o name'`);
  const propagation = CASCADES[options.cascade ?? 'background'];
  if (!propagation)
    throw usageFault(
      `invalid cascade value (${options.cascade}). Must be "background", "foreground", or "orphan"`,
    );
  const bySelector = selection.all || selection.labelSelector || selection.fieldSelector;
  return {
    gracePeriodSeconds: gracePeriod(options, output),
    propagation,
    ignoreNotFound: options.ignoreNotFound ?? Boolean(bySelector),
  };
}

function gracePeriod(options: DeleteCommandOptions, output: Output): number | undefined {
  const { now, force } = options;
  let grace = options.gracePeriod === undefined || options.gracePeriod < 0 ? undefined : options.gracePeriod;
  if (now && grace !== undefined) throw usageFault('--now and --grace-period cannot be specified together');
  if (now) grace = 1;
  // Zero takes the object away while its processes may still run: only with --force.
  if (grace === 0 && !force) grace = 1;
  if (force && grace === undefined) grace = 0;
  if (force && grace !== undefined && grace > 0)
    throw usageFault('--force and --grace-period greater than 0 cannot be specified together');
  if (force)
    warn(
      output,
      'Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.',
    );
  return grace;
}
