import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { configFlag, nodeFlags, specFlags, waitOf, workflowFlags } from '../../src/cli/cluster-flags.ts';
import { declarationOf } from '../../src/cli/config.ts';
import { hostFlags, runOutputFlags } from '../../src/cli/flags.ts';
import { phaseText, planText } from '../../src/cli/plan-text.ts';
import { initPhases } from '../../src/cluster/init.ts';
import { init } from '../../src/cluster/run-init.ts';

export default class PhaseInit extends BaseCommand {
  static override summary = 'Run one phase of init.';
  static override description =
    `What it needs of earlier phases is read from the host. The phases: ${initPhases.map(({ name }) => name).join(', ')}.`;
  static override examples = [
    '<%= config.bin %> phase init certs cp1',
    '<%= config.bin %> phase init addon-coredns cp1 --dry-run',
  ];
  static override args = {
    phase: Args.string({ ignoreStdin: true, required: true, description: 'Name of the phase.' }),
    host: Args.string({ ignoreStdin: true, required: true, description: 'The control plane, as for init.' }),
  };
  static override flags = {
    ...configFlag,
    ...specFlags,
    ...workflowFlags,
    ...hostFlags,
    ...runOutputFlags,
    ...nodeFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PhaseInit);
    const cli = this.context(flags);
    const done = await init(await cli.clusterPorts(flags.config), {
      ...(await declarationOf({ cli, runtime: this.runtime }, args.host, flags)),
      target: args.host,
      ignorePreflightErrors: flags['ignore-preflight-errors'] ?? [],
      dryRun: flags['dry-run'],
      phases: [args.phase],
      waitMs: waitOf(flags),
    });
    if (done.plan) return this.result(done.plan, planText);
    const { changed = 0, unchanged = 0 } = done.result ?? {};
    this.result({ phase: args.phase, node: done.node.name, changed, unchanged }, phaseText);
  }
}
