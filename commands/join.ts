import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.ts';
import { clusterAccess } from '../src/cli/cluster-access.ts';
import { waitOf, workflowFlags } from '../src/cli/cluster-flags.ts';
import { hostFlags, runOutputFlags } from '../src/cli/flags.ts';
import { planText } from '../src/cli/plan-text.ts';
import { join } from '../src/cluster/run-join.ts';

export default class Join extends BaseCommand {
  static override summary = 'Make hosts workers of a cluster, several at once.';
  static override description =
    'The cluster is the one of the kubeconfig context, or of the control plane named by --via. No token is to be copied.';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> join w1',
    '<%= config.bin %> join w1 w2 w3 --context kubernetes-admin@staging',
    '<%= config.bin %> join admin@203.0.113.11 --via cp1',
  ];
  static override args = {
    hosts: Args.string({ required: true, description: 'One host or more, as for init.' }),
  };
  static override flags = {
    ...workflowFlags,
    ...hostFlags,
    ...runOutputFlags,
    name: Flags.string({ description: "Name of the node, where one host joins; default the host's own." }),
    via: Flags.string({
      description: 'Control plane to reach the cluster through, where the kubeconfig does not.',
    }),
    kubeconfig: Flags.string({
      description: 'Kubeconfig file to use instead of $KUBECONFIG or ~/.kube/config.',
    }),
    context: Flags.string({ description: 'Kubeconfig context to use.' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Join);
    const cli = this.context(flags);
    const ports = await cli.clusterPorts();
    const done = await join(ports, {
      targets: (argv as string[]).map((target) => ({
        target,
        role: 'worker',
        ...(flags.name === undefined ? {} : { name: flags.name }),
      })),
      access: await clusterAccess(cli, ports, flags.via),
      ignorePreflightErrors: flags['ignore-preflight-errors'] ?? [],
      dryRun: flags['dry-run'],
      waitMs: waitOf(flags),
    });
    if (flags['dry-run']) return this.result(done, ({ plans }) => plans.map(planText).join('\n'));
    const { cluster, hosts, seconds } = done;
    this.result({ cluster, hosts, seconds }, (value) =>
      value.hosts
        .map(
          (host) =>
            `${host.host} is a worker of ${value.cluster} (changed ${host.changed}, unchanged ${host.unchanged}).`,
        )
        .concat(`${value.seconds.toFixed(1)} s. Next: kubewright get nodes`)
        .join('\n'),
    );
  }
}
