import { BaseCommand } from '../../src/cli/base-command.ts';
import { runOutputFlags } from '../../src/cli/flags.ts';
import { labList } from '../../src/lab/status.ts';
import { labTable } from '../../src/lab/text.ts';

export default class LabList extends BaseCommand {
  static override summary = 'Show the labs of this machine and their hosts.';
  static override examples = ['<%= config.bin %> lab list', '<%= config.bin %> lab list -o json'];
  static override flags = { ...runOutputFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(LabList);
    const { env } = this.context(flags);
    this.result({ labs: await labList(env) }, ({ labs }) => labTable(labs));
  }
}
