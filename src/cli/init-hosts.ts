import { KubewrightError } from '../base/errors.ts';
import { planCluster } from '../cluster/plan/plan-cluster.ts';
import { applyCluster } from '../cluster/run-cluster.ts';
import { declareHosts } from '../cluster/run-init-hosts.ts';
import type { ClusterSpecInput } from '../cluster/spec/types.ts';
import { shownApplied, shownPlan } from './clusters/apply.ts';
import type { Shown } from './clusters/file.ts';
import type { CliContext } from './context.ts';

interface InitHostsFlags {
  kubeconfig?: string | undefined;
  name?: string | undefined;
  'advertise-address'?: string | undefined;
  config?: string | undefined;
  'ignore-preflight-errors'?: string[] | undefined;
  'dry-run': boolean;
}

/** `init cp1 cp2 cp3`: a cluster of several control planes, from the first minute. */
export async function initHosts(
  cli: CliContext,
  targets: readonly string[],
  spec: ClusterSpecInput,
  flags: InitHostsFlags & { waitMs: number | undefined },
): Promise<Shown<object>> {
  refuseOneHostFlags(flags);
  const ignored = flags['ignore-preflight-errors'] ?? [];
  const { ports, request } = await declareHosts(await cli.clusterPorts(), spec, targets, ignored);
  const again = `kubewright init ${targets.join(' ')}`;
  if (flags['dry-run']) return either(shownPlan(await planCluster(ports, request), again));
  const { kubeconfig, waitMs } = flags;
  const result = await applyCluster(ports, { ...request, waitMs });
  const told = { kubeconfig, done: 'are control planes', wanted: 'up', again };
  return either(await shownApplied(cli, result, told));
}

/** A plan or a result: its text goes with its value. */
function either<T>({ value, text, error }: Shown<T & object>): Shown<object> {
  return { value, text: () => text(value), error };
}

/** They speak of one host. */
function refuseOneHostFlags(flags: InitHostsFlags): void {
  const wrong = (['name', 'advertise-address', 'config'] as const).find((flag) => flags[flag] !== undefined);
  if (!wrong) return;
  throw new KubewrightError({
    code: 'ArgumentInvalid',
    message: `--${wrong} is for one host, and several are named.`,
    hint: 'Say it in a cluster file: kubewright config print shows one; then kubewright apply -f cluster.yaml.',
    exit: 'usage',
  });
}
