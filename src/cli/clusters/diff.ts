import { type ClusterPlan, planCluster } from '../../cluster/plan/plan-cluster.ts';
import type { PlannedChange } from '../../engine/changes.ts';
import { type HostPlan, pendingSteps, type StepPlan } from '../../engine/plan.ts';
import type { ClusterText } from '../../objects/selection/files.ts';
import { unifiedDiff } from '../../output/printers/unified-diff.ts';
import type { CliContext } from '../context.ts';
import { type DeclaredFlags, warnKept } from './apply.ts';
import { failureOf } from './failure.ts';
import { checkFormat, readDeclared, type Shown } from './file.ts';

export type ClusterDiff = ClusterPlan & { changes: number };

/** `diff -f` of a cluster: the plan with the contents of files; `changes` is what the exit code goes by. */
export async function diffDeclared(
  cli: CliContext,
  cluster: ClusterText,
  flags: DeclaredFlags,
): Promise<Shown<ClusterDiff>> {
  checkFormat(flags.output);
  const declared = readDeclared(cli, cluster);
  const {
    failures,
    ca: _,
    ...plan
  } = await planCluster(await cli.clusterPorts(cluster.source), {
    ...declared,
    pruneHosts: flags['prune-hosts'],
    contents: true,
  });
  warnKept(cli, plan.kept);
  const changes = plan.hosts.reduce((sum, host) => sum + pendingSteps(host), 0) + plan.removed.length;
  const total = plan.hosts.length + plan.removed.length + failures.length;
  const again = `kubewright diff -f ${cluster.source}`;
  return {
    value: { ...plan, changes },
    text: diffText,
    error: failureOf(failures, total, { done: 'could be compared', again }),
  };
}

/** A patch where contents are known, with what else would be done as comments between. Empty without changes. */
function diffText({ hosts, removed }: ClusterPlan): string {
  const gone = removed.flatMap(({ node, summary }) => summary.map((line) => `# ${node}, removed: ${line}\n`));
  return [...hosts.flatMap(hostDiff), ...gone].join('');
}

function hostDiff({ host, phases }: HostPlan): string[] {
  return phases.flatMap(({ phase, steps }) =>
    steps
      .filter(({ status }) => status === 'change' || status === 'deferred')
      .map((step) => stepDiff(host, phase, step)),
  );
}

function stepDiff(host: string, phase: string, { summary, changes = [] }: StepPlan): string {
  const told = summary.map((line) => `# ${host}, ${phase}: ${line}\n`);
  return [...told, ...changes.map((change) => patchOn(host, change))].join('');
}

/** Paths are those of a host; of a secret only fingerprints. */
function patchOn(host: string, { kind, target, secret, before, after, diff = '' }: PlannedChange): string {
  const name = kind === 'object' ? target : `${host}:${target}`;
  if (secret && after) return unifiedDiff(name, before && `${before}\n`, `${after}\n`);
  const [from = '', to = '', ...rest] = diff.split('\n');
  const named = (line: string) => (line.endsWith('/dev/null') ? line : `${line.slice(0, 4)}${name}`);
  return diff === '' ? '' : [named(from), named(to), ...rest].join('\n');
}
