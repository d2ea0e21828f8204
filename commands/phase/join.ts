import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { accessFlags } from '../../src/cli/access-flags.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { clusterAccess } from '../../src/cli/cluster-access.ts';
import { artifactFlags, configFlag, nodeFlags, waitOf, workflowFlags } from '../../src/cli/cluster-flags.ts';
import { joinTargets } from '../../src/cli/config.ts';
import { hostFlags, runOutputFlags } from '../../src/cli/flags.ts';
import { phaseText, planText } from '../../src/cli/plan-text.ts';
import { joinPhases } from '../../src/cluster/join.ts';
import { joinControlPlanePhases } from '../../src/cluster/join-control-plane.ts';
import { join } from '../../src/cluster/run-join.ts';

const namesOf = (phases: readonly { name: string }[]) => phases.map(({ name }) => name).join(', ');

export default class PhaseJoin extends BaseCommand {
  static override summary = 'Run one phase of join.';
  static override description =
    `What it needs of earlier phases is read from the host. The phases of a worker: ${namesOf(joinPhases)}. Those of a control plane: ${namesOf(joinControlPlanePhases)}.`;
  static override examples = [
    '<%= config.bin %> phase join runtime w1',
    '<%= config.bin %> phase join etcd-join cp2 --control-plane --dry-run',
  ];
  static override args = {
    phase: Args.string({ ignoreStdin: true, required: true, description: 'Name of the phase.' }),
    host: Args.string({ ignoreStdin: true, required: true, description: 'The host, as for join.' }),
  };
  static override flags = {
    ...workflowFlags,
    ...accessFlags,
    ...artifactFlags,
    ...hostFlags,
    ...runOutputFlags,
    'control-plane': Flags.boolean({ description: 'A phase of a control plane that joins.' }),
    ...nodeFlags,
    ...configFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PhaseJoin);
    const cli = this.context(flags);
    const ports = await cli.clusterPorts(flags.config);
    const role = flags['control-plane'] ? 'control-plane' : 'worker';
    const { plans, hosts } = await join(ports, {
      targets: await joinTargets({ cli, runtime: this.runtime }, [args.host], flags, role),
      access: await clusterAccess(cli, ports, flags.via),
      ignorePreflightErrors: flags['ignore-preflight-errors'] ?? [],
      dryRun: flags['dry-run'],
      phases: [args.phase],
      waitMs: waitOf(flags),
    });
    for (const plan of plans) this.result(plan, planText);
    for (const { node, changed, unchanged } of hosts)
      this.result({ phase: args.phase, node, changed, unchanged }, phaseText);
  }
}
