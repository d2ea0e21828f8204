import { KubewrightError } from '../base/errors.ts';
import {
  addToKubeconfig,
  removeCluster,
  type UserAccess,
  updateServers,
} from '../cluster/user-kubeconfig.ts';
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

/** Keeps the API servers of the cluster with this CA, in the entries that kubewright wrote. Never a reason to fail. */
export function serversKeeper(cli: CliContext, file: string | undefined, ca: string) {
  return (servers: readonly string[]): Promise<void> => editServers(cli, file, ca, () => servers);
}

/** One of them is gone. */
export async function forgetServer(
  cli: CliContext,
  file: string | undefined,
  { ca, server }: { ca: string; server: string },
): Promise<void> {
  await editServers(cli, file, ca, (listed) => listed.filter((each) => each !== server));
}

async function editServers(
  cli: CliContext,
  kubeconfig: string | undefined,
  ca: string,
  change: (listed: readonly string[]) => readonly string[],
): Promise<void> {
  try {
    const given = kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig };
    const existing = await readKubeconfig({ env: { ...cli.env, ...given } });
    if (existing) await updateServers(existing, ca, change);
  } catch (error) {
    if (!isTheFiles(error)) throw error;
    const text = `The kubeconfig still lists the API servers that the cluster had before: ${error.message}`;
    cli.reporter.emit({ type: 'message', level: 'warning', text });
  }
}

/** It cannot be read, or not be written: what was done on the hosts is done all the same. */
const isTheFiles = (error: unknown): error is Error =>
  error instanceof KubewrightError || (error instanceof Error && 'syscall' in error);

/** A file that is not there yet is none. */
async function existingKubeconfig(cli: CliContext, file: string) {
  return readKubeconfig({ env: { ...cli.env, KUBECONFIG: file } });
}
