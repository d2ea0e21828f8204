import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { KubewrightError } from '../../base/errors.ts';
import { type PlanDocument, planDocument } from '../../cluster/plan/document.ts';
import { planCluster } from '../../cluster/plan/plan-cluster.ts';
import type { ClusterText } from '../../objects/selection/files.ts';
import type { CliContext } from '../context.ts';
import { warnKept } from './apply.ts';
import { failureOf } from './failure.ts';
import { checkFormat, readDeclared, type Shown } from './file.ts';
import { planTable } from './plan-table.ts';

export interface PlanFlags {
  output?: string | undefined;
  out?: string | undefined;
  'prune-hosts': boolean;
}

/** `plan -f` of a cluster: every change on every host, and on demand a file that `apply --plan` takes. */
export async function planDeclaredCluster(
  cli: CliContext,
  cluster: ClusterText,
  flags: PlanFlags,
  about: { version: string; cwd: string },
): Promise<Shown<PlanDocument>> {
  checkFormat(flags.output);
  const declared = readDeclared(cli, cluster);
  const ports = await cli.clusterPorts(cluster.source);
  const pruneHosts = flags['prune-hosts'];
  const { failures, ...plan } = await planCluster(ports, { ...declared, pruneHosts, contents: true });
  warnKept(cli, plan.kept);
  const { source, text } = cluster;
  const value = planDocument(plan, {
    kubewright: about.version,
    created: ports.now(),
    declaration: { source, text, pruneHosts },
  });
  const total = plan.hosts.length + plan.removed.length + failures.length;
  const error = failureOf(failures, total, {
    done: 'could be planned for',
    again: `kubewright plan -f ${source}`,
  });
  // Of a part of the hosts it would be no plan of the cluster.
  if (flags.out !== undefined && error === undefined) await save(resolve(about.cwd, flags.out), value);
  return { value, text: planTable, error };
}

async function save(path: string, plan: PlanDocument): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new KubewrightError({
      code: 'PlanNotSaved',
      message: exists
        ? `${path} is there already.`
        : `${path} cannot be written: ${(cause as Error).message}.`,
      hint: exists
        ? 'A plan overwrites nothing: name another file, or remove that one.'
        : 'Name a file in a folder that can be written to.',
      exit: 'invalidInput',
      cause,
    });
  }
}
