import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.ts';
import { configFlag, nodeFlags, specFlags, waitOf, workflowFlags } from '../src/cli/cluster-flags.ts';
import { declarationOf } from '../src/cli/config.ts';
import { hostFlags, runOutputFlags } from '../src/cli/flags.ts';
import { keepAccess } from '../src/cli/keep-access.ts';
import { planText } from '../src/cli/plan-text.ts';
import { requireTarget } from '../src/cli/require-target.ts';
import { timelineFlag } from '../src/cli/timeline-file.ts';
import { init } from '../src/cluster/run-init.ts';

export default class Init extends BaseCommand {
  static override strict = false;
  static override summary = 'Make a cluster: turn bare hosts into its control planes.';
  static override description =
    'One host gives a cluster that further control planes can join later; three give one that survives the loss of any of them. HOST is [user@]host[:port], a name from ssh_config, a lab host, or "local" for this machine. Running it again finishes what was left unfinished and changes nothing else.';
  static override examples = [
    '<%= config.bin %> init cp1',
    '<%= config.bin %> init cp1 cp2 cp3',
    '<%= config.bin %> init admin@203.0.113.10 --cluster-name staging',
    '<%= config.bin %> init cp1 --dry-run',
    '<%= config.bin %> init cp1 --config cluster.yaml --kubernetes-version v1.36.3',
    '<%= config.bin %> init local --ignore-preflight-errors Swap',
  ];
  static override args = {
    hosts: Args.string({
      ignoreStdin: true,
      description: 'Where the control planes are to run: one host, or better three.',
    }),
  };
  static override flags = {
    ...configFlag,
    ...specFlags,
    ...workflowFlags,
    ...hostFlags,
    ...runOutputFlags,
    ...timelineFlag,
    ...nodeFlags,
    kubeconfig: Flags.string({
      description: 'File that the cluster is added to; default $KUBECONFIG or ~/.kube/config.',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Init);
    const cli = this.context(flags);
    const [first, ...others] = argv.map(String);
    if (first !== undefined && others.length > 0) {
      const { initHosts } = await import('../src/cli/init-hosts.ts');
      const { spec } = await declarationOf({ cli, runtime: this.runtime }, undefined, flags);
      return this.show(await initHosts(cli, [first, ...others], spec, { ...flags, waitMs: waitOf(flags) }));
    }
    const declared = await declarationOf({ cli, runtime: this.runtime }, first, flags);
    const target = await requireTarget(declared.target, cli, 'init');
    const done = await init(await cli.clusterPorts(flags.config), {
      ...declared,
      target,
      ignorePreflightErrors: flags['ignore-preflight-errors'] ?? [],
      dryRun: flags['dry-run'],
      waitMs: waitOf(flags),
    });
    if (done.plan) return this.result(done.plan, planText);
    const context = done.access && (await keepAccess(cli, flags.kubeconfig, done.access));
    const { changed = 0, unchanged = 0 } = done.result ?? {};
    const outcome = {
      cluster: done.cluster.name,
      node: done.node.name,
      context,
      changed,
      unchanged,
      seconds: done.seconds,
      roundTrips: done.roundTrips,
    };
    this.result(outcome, (value) =>
      [
        `Cluster ${value.cluster} is up on ${value.node} (changed ${value.changed}, unchanged ${value.unchanged}, ${value.seconds.toFixed(1)} s).`,
        `Context ${value.context} is the current one. Next: kubewright join HOST; kubewright get nodes`,
      ].join('\n'),
    );
  }
}
