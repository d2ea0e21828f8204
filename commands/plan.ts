import * as Flags from '@oclif/core/flags';
import { ClientCommand } from '../src/cli/client-command.ts';
import { hostFlags, runOutputFlags } from '../src/cli/flags.ts';
import { fileFlags, pruneHostsFlag } from '../src/cli/selection-flags.ts';

export default class Plan extends ClientCommand {
  static override summary =
    'Show what apply would do to a cluster: every file, unit, certificate and object, host by host.';
  static override description =
    'Hosts are only looked at, all of them side by side. Secrets show as fingerprints alone; keys and certificates as what they will be made from. --out saves the plan for apply --plan, which carries out that and nothing else.';
  static override usage = 'plan -f FILE [FLAGS]';
  static override examples = [
    '<%= config.bin %> plan -f cluster.yaml',
    '<%= config.bin %> plan -f cluster.yaml --out plan.json',
    '<%= config.bin %> plan -f cluster.yaml --exit-code -o json',
  ];
  static override flags = {
    ...runOutputFlags,
    ...fileFlags,
    ...hostFlags,
    ...pruneHostsFlag,
    out: Flags.string({ description: 'Save the plan in this new file (0600), for apply --plan.' }),
    'exit-code': Flags.boolean({ description: 'Exit with 2 where something would change.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Plan);
    const { cluster } = await this.readFiles(flags);
    const [{ requireCluster }, { planDeclaredCluster }] = await Promise.all([
      import('../src/cli/clusters/file.ts'),
      import('../src/cli/clusters/plan.ts'),
    ]);
    const about = { version: this.config.version, cwd: this.runtime.cwd };
    const shown = await planDeclaredCluster(
      this.context(flags),
      requireCluster(cluster, 'plan'),
      flags,
      about,
    );
    await this.show(shown, flags.output);
    if (flags['exit-code'] && shown.value.changes > 0) this.exit(2);
  }
}
