import { KubewrightError } from '../base/errors.ts';
import { applyCluster, planCluster } from '../cluster/run-cluster.ts';
import { declareHosts } from '../cluster/run-init-hosts.ts';
import type { ClusterSpecInput } from '../cluster/spec/types.ts';
import { appliedText, clusterPlanText } from './clusters/apply.ts';
import { failureOf } from './clusters/failure.ts';
import type { Shown } from './clusters/file.ts';
import type { CliContext } from './context.ts';
import { keepAccess } from './keep-access.ts';

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
  if (flags['dry-run']) {
    const { failures, ...plan } = await planCluster(ports, request);
    const error = failureOf(failures, targets.length, { done: 'could be planned for', again });
    return { value: plan, text: () => clusterPlanText(plan), error };
  }
  const { waitMs } = flags;
  const { access, failures, ...result } = await applyCluster(ports, { ...request, waitMs });
  const context = access && (await keepAccess(cli, flags.kubeconfig, access));
  const value = { ...result, ...(context ? { context } : {}) };
  const error = failureOf(failures, targets.length, { done: 'are control planes', again });
  return { value, text: () => appliedText(value, 'up'), error };
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
