import { ClientCommand } from '../src/cli/client-command.ts';
import { aboveOne } from '../src/cli/clusters/trouble.ts';
import { clientFlags, hostFlags, objectOutputFlags } from '../src/cli/flags.ts';
import { fileFlags, pruneHostsFlag } from '../src/cli/selection-flags.ts';

export default class Diff extends ClientCommand {
  static override summary = 'Show what apply would change of a cluster, host by host.';
  static override description =
    'Files as a patch, everything else in words; secrets only by fingerprint. Exit code 0: nothing, 1: something, above 1: an error. Hosts are only looked at.';
  static override usage = 'diff -f FILE [FLAGS]';
  static override examples = [
    '<%= config.bin %> diff -f cluster.yaml',
    '<%= config.bin %> diff -f cluster.yaml --prune-hosts',
  ];
  static override flags = {
    ...clientFlags,
    ...objectOutputFlags,
    ...fileFlags,
    ...hostFlags,
    ...pruneHostsFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Diff);
    const changes = await aboveOne(async () => {
      const { cluster } = await this.readFiles(flags);
      const [{ requireCluster }, { diffDeclared }] = await Promise.all([
        import('../src/cli/clusters/file.ts'),
        import('../src/cli/clusters/diff.ts'),
      ]);
      const shown = await diffDeclared(this.context(flags), requireCluster(cluster, 'diff'), flags);
      await this.show(shown, flags.output);
      return shown.value.changes;
    });
    if (changes > 0) this.exit(1);
  }
}
