import * as Args from '@oclif/core/args';
import { accessFlags } from '../../src/cli/access-flags.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { removalText } from '../../src/cli/clusters/apply.ts';
import { failureOf } from '../../src/cli/clusters/failure.ts';
import { hostFlags, lockFlags, runOutputFlags } from '../../src/cli/flags.ts';
import { forceFlag, nodeChangeFlags, removedText, yesFlag } from '../../src/cli/node-flags.ts';
import { nodeRequest } from '../../src/cli/node-request.ts';
import { requireConfirmation } from '../../src/cli/require-target.ts';
import { planRemoval, removeNodes } from '../../src/cluster/nodes/remove.ts';

export default class NodeRemove extends BaseCommand {
  static override summary =
    'Take hosts out of their cluster: drained, out of etcd, Node deleted, host cleaned.';
  static override description =
    'A host that is dead is taken out too; it is not cleaned then, and that is said. What a host left in etcd that was lost while it joined goes the same way, by the name or the address of the host. A disruption budget is waited for, and named where it does not give way.';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> node remove w1',
    '<%= config.bin %> node remove cp3 --dry-run',
    '<%= config.bin %> node remove cp3 --via cp1 --yes',
  ];
  static override args = {
    names: Args.string({ ignoreStdin: true, required: true, description: 'One node or more, by name.' }),
  };
  static override flags = {
    ...nodeChangeFlags,
    ...accessFlags,
    ...hostFlags,
    ...lockFlags,
    ...runOutputFlags,
    ...yesFlag,
    ...forceFlag,
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(NodeRemove);
    const names = argv as string[];
    const cli = this.context(flags);
    const { ports, request: common } = await nodeRequest(cli, flags);
    const request = { ...common, names };
    if (flags['dry-run']) return this.result({ removed: await planRemoval(ports, request) }, removalText);
    if (!flags.yes) for (const name of names) await requireConfirmation(cli, name, 'node remove');
    const { failures, ...value } = await removeNodes(ports, request);
    const error = failureOf(failures, value.hosts.length, {
      done: 'are out of the cluster',
      again: `kubewright node remove ${names.join(' ')}`,
    });
    await this.show({ value, text: removedText, error });
  }
}
