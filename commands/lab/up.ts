import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { runOutputFlags } from '../../src/cli/flags.ts';
import { labName } from '../../src/lab/find.ts';
import { labTable } from '../../src/lab/text.ts';
import { labUp } from '../../src/lab/up.ts';

export default class LabUp extends BaseCommand {
  static override summary = 'Boot hosts to try on: systemd, sshd and a network of their own.';
  static override description =
    'Adds the named hosts to the lab and boots every host of it that does not run. Takes Linux and root.';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> lab up cp1 w1',
    '<%= config.bin %> lab up cp1 cp2 cp3 --lab ha --range 10.78.0.0/16',
    '<%= config.bin %> lab up',
  ];
  static override args = {
    hosts: Args.string({
      ignoreStdin: true,
      description: 'Names of hosts; none: bring up again what there is.',
    }),
  };
  static override flags = {
    ...runOutputFlags,
    lab: Flags.string({ description: 'Name of the lab; default $KUBEWRIGHT_LAB, then "default".' }),
    range: Flags.string({
      exclusive: ['cidr'],
      description: 'Where a new lab takes a free /24; default $KUBEWRIGHT_LAB_RANGE, then 10.77.0.0/16.',
    }),
    cidr: Flags.string({ description: 'Exactly this network for a new lab, /16 to /29.' }),
    'bind-ro': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'Folder of this machine that new hosts see read-only: PATH or SOURCE:TARGET.',
    }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(LabUp);
    const { env, reporter } = this.context(flags);
    const status = await labUp({
      lab: labName(env, flags.lab),
      names: argv as string[],
      cidr: flags.cidr,
      range: flags.range,
      bindReadOnly: flags['bind-ro'],
      env,
      reporter,
    });
    this.result(status, (lab) => labTable([lab]));
  }
}
