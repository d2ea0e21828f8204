import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { NodeChangeCommand } from '../../src/cli/node-change-command.ts';
import { forceFlag, rejoinFlags } from '../../src/cli/node-flags.ts';
import { planReplacement, replaceNode } from '../../src/cluster/nodes/replace.ts';

export default class NodeReplace extends NodeChangeCommand {
  static override summary = 'Put a new host in the place of one that is dead or was made anew.';
  static override description =
    'The new host gets the name, the role, the labels and the taints of the old one. It is looked at first; then the old member leaves etcd, the Node is deleted, and the new host joins. What is left of the old one is cleaned where it answers. The same command again takes up a run that did not end.';
  static override examples = [
    '<%= config.bin %> node replace cp2',
    '<%= config.bin %> node replace cp2 --with admin@203.0.113.12',
    '<%= config.bin %> node replace w1 --with w9 --dry-run',
  ];
  static override args = {
    name: Args.string({ ignoreStdin: true, required: true, description: 'The node that is replaced.' }),
  };
  static override flags = {
    with: Flags.string({
      helpValue: 'TARGET',
      description: 'The new host, as for join; by default what answers where the old one did.',
    }),
    ...rejoinFlags,
    ...forceFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodeReplace);
    const target = flags.with;
    await this.change('replace', args.name, flags, {
      plan: (ports, request) => planReplacement(ports, { ...request, target }),
      carryOut: (ports, request) => replaceNode(ports, { ...request, target }),
    });
  }
}
