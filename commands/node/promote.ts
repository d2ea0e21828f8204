import { rejoinFlags } from '../../src/cli/node-flags.ts';
import { RoleCommand, roleArgs } from '../../src/cli/role-command.ts';

export default class NodePromote extends RoleCommand {
  static override summary = 'Make a worker a control plane.';
  static override description =
    'The worker is drained and leaves the cluster; then the same host joins as a control plane under the same name, with a member of etcd. Labels and taints of its own are kept. The same command again takes up a run that did not end.';
  static override examples = [
    '<%= config.bin %> node promote w1',
    '<%= config.bin %> node promote w1 --dry-run',
  ];
  static override args = roleArgs;
  static override flags = rejoinFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodePromote);
    await this.change(args.name, 'control-plane', flags);
  }
}
