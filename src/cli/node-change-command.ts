import * as Args from '@oclif/core/args';
import type { NodeChange, NodeChangePlan, NodeChangeRequest } from '../cluster/nodes/node-change.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import { BaseCommand } from './base-command.ts';
import { changePlanText, changeText } from './node-change.ts';
import { type NodeFlags, nodeRequest } from './node-request.ts';
import { requireConfirmation } from './require-target.ts';

/** To be a command's own: oclif's parser does not see what a class inherits. */
export const nodeArgs = {
  name: Args.string({ ignoreStdin: true, required: true, description: 'The node, by name.' }),
};

interface ChangeFlags extends NodeFlags {
  yes: boolean;
  'dry-run': boolean;
  'ignore-preflight-errors'?: string[];
}

interface Change {
  plan(ports: ClusterPorts, request: NodeChangeRequest): Promise<NodeChangePlan>;
  carryOut(ports: ClusterPorts, request: NodeChangeRequest): Promise<NodeChange>;
}

/** What replace, promote and demote have alike: a host leaves the cluster, and one of its name joins it. */
export abstract class NodeChangeCommand extends BaseCommand {
  protected async change(
    verb: 'replace' | 'promote' | 'demote',
    name: string,
    flags: ChangeFlags,
    { plan, carryOut }: Change,
  ): Promise<void> {
    const cli = this.context(flags);
    const { ports, request: common } = await nodeRequest(cli, flags);
    const request = { ...common, name, ignorePreflightErrors: flags['ignore-preflight-errors'] ?? [] };
    if (flags['dry-run']) return this.result(await plan(ports, request), changePlanText);
    if (!flags.yes) await requireConfirmation(cli, name, `node ${verb}`);
    this.result(await carryOut(ports, request), changeText);
  }
}
