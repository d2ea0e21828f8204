import { NodeChangeCommand, nodeArgs } from '../../src/cli/node-change-command.ts';
import { rejoinFlags } from '../../src/cli/node-flags.ts';
import { changeRole, planRole } from '../../src/cluster/nodes/change-role.ts';

export default class NodePromote extends NodeChangeCommand {
  static override summary = 'Make a worker a control plane.';
  static override description =
    'The worker is drained and leaves the cluster; then the same host joins as a control plane under the same name, with a member of etcd. Labels and taints of its own are kept. The same command again takes up a run that did not end.';
  static override examples = [
    '<%= config.bin %> node promote w1',
    '<%= config.bin %> node promote w1 --dry-run',
  ];
  static override args = nodeArgs;
  static override flags = rejoinFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodePromote);
    const role = 'control-plane';
    await this.change('promote', args.name, flags, {
      plan: (ports, request) => planRole(ports, { ...request, role }),
      carryOut: (ports, request) => changeRole(ports, { ...request, role }),
    });
  }
}
