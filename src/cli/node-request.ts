import { clusterAccess } from './cluster-access.ts';
import { waitOf } from './cluster-flags.ts';
import type { CliContext } from './context.ts';
import type { ContextFlags } from './flags.ts';
import { serversKeeper } from './keep-access.ts';

export interface NodeFlags extends ContextFlags {
  via?: string;
  force?: boolean;
  timeout?: number;
}

/** What each of the commands on nodes asks for; the kubeconfig that it goes by keeps the right API servers. */
export async function nodeRequest(cli: CliContext, flags: NodeFlags) {
  const ports = await cli.clusterPorts();
  const access = await clusterAccess(cli, ports, flags.via);
  const request = {
    access,
    keepServers: serversKeeper(cli, flags.kubeconfig, access.ca),
    force: flags.force,
    waitMs: waitOf(flags),
  };
  return { ports, request };
}
