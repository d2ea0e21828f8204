import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.ts';
import { hostFlags, lockFlags, runOutputFlags } from '../src/cli/flags.ts';
import { forgetAccess, forgetServer } from '../src/cli/keep-access.ts';
import { planText } from '../src/cli/plan-text.ts';
import { requireConfirmation } from '../src/cli/require-target.ts';
import { timelineFlag } from '../src/cli/timeline-file.ts';
import { reset } from '../src/cluster/run-reset.ts';

export default class Reset extends BaseCommand {
  static override summary =
    'Take back what init or join made on a host, and take its node out of the cluster.';
  static override description =
    'Works without an API server too. What the host had before is put back; a control plane leaves etcd first, and the last one takes the data with it.';
  static override examples = [
    '<%= config.bin %> reset w1',
    '<%= config.bin %> reset cp1 --dry-run',
    '<%= config.bin %> reset w1 --yes',
  ];
  static override args = {
    host: Args.string({ ignoreStdin: true, required: true, description: 'The host, as for init.' }),
  };
  static override flags = {
    ...hostFlags,
    ...lockFlags,
    ...runOutputFlags,
    ...timelineFlag,
    yes: Flags.boolean({ char: 'y', description: 'Do not ask.' }),
    'dry-run': Flags.boolean({ description: 'Show what would be taken back, and change nothing.' }),
    force: Flags.boolean({
      description:
        "Also where a control plane's member cannot be taken out of etcd first: the others go on counting on it.",
    }),
    'skip-hooks': Flags.boolean({
      description: "Do not run the host's own commands before and after.",
    }),
    kubeconfig: Flags.string({
      description: 'Kubeconfig file to use instead of $KUBECONFIG or ~/.kube/config.',
    }),
    context: Flags.string({ description: 'Kubeconfig context of the cluster that the host leaves.' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Reset);
    const cli = this.context(flags);
    if (!flags['dry-run'] && !flags.yes) await requireConfirmation(cli, args.host);
    const done = await reset(await cli.clusterPorts(), {
      target: args.host,
      api: async () => cli.apiClient().catch(() => undefined),
      dryRun: flags['dry-run'],
      etcd: flags.force ? 'try' : 'leave',
      skipHooks: flags['skip-hooks'],
    });
    if (done.plan) return this.result(done.plan, planText);
    const removed =
      done.controlPlane && !done.clusterStays && done.ca
        ? await forgetAccess(cli, flags.kubeconfig, done.ca)
        : [];
    const { ca, server } = done;
    if (done.controlPlane && done.clusterStays && ca && server)
      await forgetServer(cli, flags.kubeconfig, { ca, server });
    const { node, seconds } = done;
    this.result({ node, seconds, contexts: removed, changed: done.result?.changed ?? 0 }, (value) =>
      [
        `${value.node} is as it was before (${value.seconds.toFixed(1)} s).`,
        ...value.contexts.map((context) => `Context ${context} is out of the kubeconfig.`),
      ].join('\n'),
    );
  }
}
