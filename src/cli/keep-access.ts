import { addToKubeconfig, removeCluster, type UserAccess } from '../cluster/user-kubeconfig.ts';
import { kubeconfigFiles, readKubeconfig } from '../kube/kubeconfig.ts';
import type { CliContext } from './context.ts';

/** Adds the cluster to the user's kubeconfig, the first file of the list as kubectl does; returns the context. */
export async function keepAccess(
  cli: CliContext,
  file: string | undefined,
  access: UserAccess,
): Promise<string> {
  const [first] = kubeconfigFiles(file, cli.env);
  const existing = await existingKubeconfig(cli, first!);
  return addToKubeconfig(first!, existing, access);
}

/** Takes the cluster with this CA out of it again; returns the contexts that are gone. */
export async function forgetAccess(cli: CliContext, file: string | undefined, ca: string): Promise<string[]> {
  const [first] = kubeconfigFiles(file, cli.env);
  const existing = await existingKubeconfig(cli, first!);
  return existing ? removeCluster(first!, existing, ca) : [];
}

/** A file that is not there yet is none. */
async function existingKubeconfig(cli: CliContext, file: string) {
  return readKubeconfig({ env: { ...cli.env, KUBECONFIG: file } });
}
