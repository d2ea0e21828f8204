import * as Flags from '@oclif/core/flags';
import type { HostOutcome } from '../cluster/run-cluster.ts';
import { accessFlags } from './access-flags.ts';
import { artifactFlags, workflowFlags } from './cluster-flags.ts';
import { hostLine } from './clusters/apply.ts';
import { hostFlags, lockFlags, runOutputFlags } from './flags.ts';

const { 'dry-run': dryRun, timeout } = workflowFlags;

export const nodeChangeFlags = { 'dry-run': dryRun, timeout };

export const yesFlag = { yes: Flags.boolean({ char: 'y', description: 'Do not ask.' }) };

/** Of a host that leaves and joins again. */
export const rejoinFlags = {
  ...workflowFlags,
  ...accessFlags,
  ...artifactFlags,
  ...hostFlags,
  ...lockFlags,
  ...runOutputFlags,
  ...yesFlag,
};

export const forceFlag = {
  force: Flags.boolean({
    description: 'Also where the members of etcd that stay have no majority: the cluster stands still then.',
  }),
};

export function removedText(result: { cluster: string; hosts: HostOutcome[]; seconds: number }): string {
  const { cluster, hosts, seconds } = result;
  const whole = hosts.every(({ state }) => state !== 'failed');
  return [
    ...hosts.map(hostLine),
    `${whole ? 'Out of' : 'In part out of'} ${cluster} (${seconds.toFixed(1)} s).`,
  ].join('\n');
}
