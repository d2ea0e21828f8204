import { KubewrightError } from '../../base/errors.ts';
import {
  type DeleteResult,
  deleteMembers,
  findMembers,
  type Members,
} from '../../cluster/declared/delete.ts';
import { sharedHosts } from '../../cluster/declared/shared-hosts.ts';
import type { ClusterText } from '../../objects/selection/files.ts';
import type { CliContext } from '../context.ts';
import { forgetAccess } from '../keep-access.ts';
import { planText } from '../plan-text.ts';
import { hostLine } from './apply.ts';
import { failureOf } from './failure.ts';
import { checkFormat, readDeclared, type Shown } from './file.ts';
import { type Rehearsal, rehearseDeclared } from './rehearse.ts';

export interface DeleteFlags {
  output?: string | undefined;
  kubeconfig?: string | undefined;
  recursive: boolean;
  confirm?: string | undefined;
  dryRun: 'none' | 'client' | 'server';
}

type Deleted = Omit<DeleteResult, 'failures' | 'cas'> & { contexts: string[] };

/** `delete -f` of a cluster: every host is reset. Only for a file that was named, and with the cluster's name. */
export async function deleteDeclared(
  cli: CliContext,
  cluster: ClusterText,
  flags: DeleteFlags,
): Promise<Shown<Deleted> | Shown<Rehearsal>> {
  checkFormat(flags.output);
  if (!cluster.named || flags.recursive) throw notByFolder(cluster);
  if (flags.dryRun === 'client') return rehearseDeclared(cli, cluster, flags);
  const dryRun = flags.dryRun === 'server';
  const { spec } = readDeclared(cli, cluster);
  const name = spec.name!;
  if (flags.confirm !== undefined && flags.confirm !== name) throw notConfirmed(cluster, name, flags.confirm);
  const ports = sharedHosts(await cli.clusterPorts());
  const members = await findMembers(ports, spec);
  if (!dryRun && flags.confirm === undefined) await confirmByName(cli, cluster, members);
  const { failures, cas, ...result } = await deleteMembers(ports, members, dryRun);
  const contexts: string[] = [];
  if (!dryRun)
    for (const ca of new Set(cas)) contexts.push(...(await forgetAccess(cli, flags.kubeconfig, ca)));
  const option = dryRun ? '--dry-run=server' : `--confirm ${name}`;
  const again = `kubewright delete -f ${cluster.source} ${option}`;
  const done = dryRun ? 'could be planned for' : 'are reset';
  const error = failureOf(failures, members.hosts.length, { done, again });
  return { value: { ...result, contexts }, text: dryRun ? planned : deletedText, error };
}

function planned({ plans }: Deleted): string {
  return plans.map(planText).join('\n');
}

function deletedText({ cluster, hosts, contexts }: Deleted): string {
  const complete = hosts.every(({ state }) => state !== 'failed');
  return [
    ...hosts.map(hostLine),
    complete ? `Cluster ${cluster} is gone.` : `Cluster ${cluster} is gone in part.`,
    ...contexts.map((context) => `Context ${context} is out of the kubeconfig.`),
  ].join('\n');
}

async function confirmByName(cli: CliContext, cluster: ClusterText, members: Members): Promise<void> {
  const prompts = await cli.prompts();
  if (!prompts) throw notConfirmed(cluster, members.cluster, undefined);
  const hosts = members.hosts.map(({ name }) => name).join(', ');
  const data = members.externalEtcd ? 'what is in the external etcd stays' : 'the data of etcd too';
  const typed = await prompts.input(
    `Everything that Kubernetes has on ${hosts} will be taken away, ${data}. Type the cluster's name:`,
  );
  if (typed.trim() !== members.cluster) throw notConfirmed(cluster, members.cluster, typed.trim());
}

function notConfirmed({ source }: ClusterText, name: string, given: string | undefined): KubewrightError {
  return new KubewrightError({
    code: 'NotConfirmed',
    message:
      given === undefined
        ? `The deletion of cluster ${name} was not confirmed, and there is no terminal to ask.`
        : `The cluster's name is ${name}, not ${given || 'empty'}; nothing was changed.`,
    hint: `kubewright delete -f ${source} --confirm ${name}`,
    exit: 'usage',
  });
}

function notByFolder({ source }: ClusterText): KubewrightError {
  return new KubewrightError({
    code: 'ClusterInFolder',
    message: `${source} declares a cluster; one is deleted only by a file that is named by itself, never as part of a folder, a pattern or an address. Nothing was changed.`,
    hint: `kubewright delete -f FILE --confirm NAME`,
    exit: 'invalidInput',
  });
}
