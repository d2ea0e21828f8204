import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { requireLabHost } from '../../src/lab/find.ts';
import { labSsh } from '../../src/lab/ssh.ts';

export default class LabSsh extends BaseCommand {
  static override summary = 'Open a shell on a lab host, or run one command there.';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> lab ssh cp1',
    '<%= config.bin %> lab ssh cp1 -- journalctl -u kubelet -n 20',
  ];
  static override args = {
    host: Args.string({ ignoreStdin: true, required: true, description: 'Name of the host.' }),
  };
  static override flags = {
    lab: Flags.string({ description: 'Name of the lab; default $KUBEWRIGHT_LAB, then "default".' }),
  };

  async run(): Promise<void> {
    // oclif reorders words after `--` where one of them is `--` again; they are none of its business.
    const dashes = this.argv.indexOf('--');
    const own = dashes < 0 ? this.argv : this.argv.slice(0, dashes);
    const rest = dashes < 0 ? [] : this.argv.slice(dashes + 1);
    const { args, argv, flags } = await this.parse(LabSsh, own);
    const command = [...(argv as string[]).slice(1), ...rest];
    const { env } = this.context(flags);
    const host = await requireLabHost(args.host, env, flags.lab);
    this.exit(await labSsh(host, command));
  }
}
