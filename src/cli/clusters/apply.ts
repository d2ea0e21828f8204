import { type ClusterPlan, planCluster } from '../../cluster/plan/plan-cluster.ts';
import { applyCluster, type ClusterResult, type HostOutcome } from '../../cluster/run-cluster.ts';
import type { ClusterText } from '../../objects/selection/files.ts';
import type { CliContext } from '../context.ts';
import { keepAccess } from '../keep-access.ts';
import { planText } from '../plan-text.ts';
import { failureOf } from './failure.ts';
import { checkFormat, readDeclared, type Shown } from './file.ts';

export interface DeclaredFlags {
  output?: string | undefined;
  kubeconfig?: string | undefined;
  'prune-hosts': boolean;
  waitMs?: number | undefined;
}

type Applied = ClusterResult & { context?: string };

/** `apply -f` of a cluster: on its hosts, and then the user's kubeconfig knows it. */
export async function applyDeclared(
  cli: CliContext,
  cluster: ClusterText,
  flags: DeclaredFlags,
): Promise<Shown<Applied>> {
  checkFormat(flags.output);
  const declared = readDeclared(cli, cluster);
  const { waitMs, 'prune-hosts': pruneHosts } = flags;
  const result = await applyCluster(await cli.clusterPorts(cluster.source), {
    ...declared,
    pruneHosts,
    waitMs,
  });
  const again = `kubewright apply -f ${cluster.source}`;
  return shownApplied(cli, result, {
    ...flags,
    done: 'are as the file says',
    again,
    wanted: 'as the file says',
  });
}

/** How a run is told of. `done`: what the hosts are that did not fail; `wanted`: what the cluster is where none did. */
interface Told {
  kubeconfig?: string | undefined;
  done: string;
  wanted: string;
  /** The command that takes up what failed. */
  again: string;
}

export async function shownApplied(
  cli: CliContext,
  { access, failures, ...result }: Awaited<ReturnType<typeof applyCluster>>,
  { kubeconfig, wanted, ...told }: Told,
): Promise<Shown<Applied>> {
  warnKept(cli, result.kept);
  const context = access && (await keepAccess(cli, kubeconfig, access));
  return {
    value: { ...result, ...(context ? { context } : {}) },
    text: (value) => appliedText(value, wanted),
    error: failureOf(failures, result.hosts.length, told),
  };
}

/** `apply --dry-run=server`: what would be done, as `init --dry-run` tells it. */
export async function planDeclared(
  cli: CliContext,
  cluster: ClusterText,
  flags: DeclaredFlags,
): Promise<Shown<ClusterPlan>> {
  checkFormat(flags.output);
  const declared = readDeclared(cli, cluster);
  const plan = await planCluster(await cli.clusterPorts(cluster.source), {
    ...declared,
    pruneHosts: flags['prune-hosts'],
  });
  warnKept(cli, plan.kept);
  return shownPlan(plan, `kubewright apply -f ${cluster.source} --dry-run=server`);
}

export function shownPlan(
  { failures, ca: _, ...plan }: Awaited<ReturnType<typeof planCluster>>,
  again: string,
): Shown<ClusterPlan> {
  const total = plan.hosts.length + plan.removed.length + failures.length;
  const error = failureOf(failures, total, { done: 'could be planned for', again });
  return { value: plan, text: clusterPlanText, error };
}

export function warnKept(cli: CliContext, kept: readonly string[]): void {
  if (kept.length === 0) return;
  const [verb, them] = kept.length === 1 ? ['is', 'it'] : ['are', 'them'];
  const text = `${kept.join(', ')} ${verb} in the cluster but not in the file, and left alone; --prune-hosts removes ${them}`;
  cli.reporter.emit({ type: 'message', level: 'warning', text });
}

function clusterPlanText(plan: ClusterPlan): string {
  return [...plan.hosts.map(planText), ...(plan.removed.length > 0 ? [removalText(plan)] : [])].join('\n');
}

export function removalText({ removed }: Pick<ClusterPlan, 'removed'>): string {
  const lines = removed.flatMap(({ node, summary, plan: reset }) => [
    `${node} is removed:`,
    ...summary.map((line) => `    - ${line}`),
    ...(reset ? [planText(reset)] : []),
  ]);
  return lines.join('\n');
}

function appliedText({ cluster, hosts, context, seconds }: Applied, wanted: string): string {
  const complete = hosts.every(({ state }) => state !== 'failed');
  const whole = complete ? `is ${wanted}` : `is in part ${wanted}`;
  return [
    ...hosts.map(hostLine),
    `Cluster ${cluster} ${whole} (${seconds.toFixed(1)} s).`,
    ...(context ? [`Context ${context} is the current one. Next: kubewright get nodes`] : []),
  ].join('\n');
}

export function hostLine({ node, role, state, changed, unchanged, note }: HostOutcome): string {
  const told = state === 'done' ? `changed ${changed}, unchanged ${unchanged}` : state;
  return `${node} (${role}): ${told}${note ? `; ${note}` : ''}`;
}
