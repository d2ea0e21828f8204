import * as Args from '@oclif/core/args';
import { changeRole, planRole } from '../cluster/nodes/change-role.ts';
import type { NodeRole } from '../cluster/spec/types.ts';
import { BaseCommand } from './base-command.ts';
import { clusterAccess } from './cluster-access.ts';
import { waitOf } from './cluster-flags.ts';
import type { ContextFlags } from './flags.ts';
import { serversKeeper } from './keep-access.ts';
import { changePlanText, changeText } from './node-change.ts';
import { requireConfirmation } from './require-target.ts';

/** To be a command's own: oclif's parser does not see what a class inherits. */
export const roleArgs = {
  name: Args.string({ ignoreStdin: true, required: true, description: 'The node, by name.' }),
};

interface RoleFlags extends ContextFlags {
  via?: string;
  yes: boolean;
  force?: boolean;
  timeout?: number;
  'dry-run': boolean;
  'ignore-preflight-errors'?: string[];
}

/** What promote and demote have alike. */
export abstract class RoleCommand extends BaseCommand {
  protected async change(name: string, role: NodeRole, flags: RoleFlags): Promise<void> {
    const cli = this.context(flags);
    const ports = await cli.clusterPorts();
    const access = await clusterAccess(cli, ports, flags.via);
    const request = {
      name,
      role,
      access,
      keepServers: serversKeeper(cli, flags.kubeconfig, access.ca),
      ignorePreflightErrors: flags['ignore-preflight-errors'] ?? [],
      force: flags.force,
      waitMs: waitOf(flags),
    };
    if (flags['dry-run']) return this.result(await planRole(ports, request), changePlanText);
    const command = role === 'worker' ? 'node demote' : 'node promote';
    if (!flags.yes) await requireConfirmation(cli, name, command);
    this.result(await changeRole(ports, request), changeText);
  }
}
