import { NodeChangeCommand, nodeArgs } from '../../src/cli/node-change-command.ts';
import { forceFlag, rejoinFlags } from '../../src/cli/node-flags.ts';
import { changeRole, planRole } from '../../src/cluster/nodes/change-role.ts';

export default class NodeDemote extends NodeChangeCommand {
  static override summary = 'Make a control plane a worker.';
  static override description =
    'The control plane is drained and leaves etcd and the cluster; then the same host joins as a worker under the same name. The last control plane stays one. Labels and taints of its own are kept. The same command again takes up a run that did not end.';
  static override examples = [
    '<%= config.bin %> node demote cp3',
    '<%= config.bin %> node demote cp3 --via cp1',
  ];
  static override args = nodeArgs;
  static override flags = { ...rejoinFlags, ...forceFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(NodeDemote);
    const role = 'worker';
    await this.change('demote', args.name, flags, {
      plan: (ports, request) => planRole(ports, { ...request, role }),
      carryOut: (ports, request) => changeRole(ports, { ...request, role }),
    });
  }
}
