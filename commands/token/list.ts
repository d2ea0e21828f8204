import * as Flags from '@oclif/core/flags';
import { accessFlags } from '../../src/cli/access-flags.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { clusterAccess } from '../../src/cli/cluster-access.ts';
import { hostFlags } from '../../src/cli/flags.ts';
import { tokenJson, tokenTable } from '../../src/cli/token-text.ts';
import { listTokens } from '../../src/cluster/tokens/tokens.ts';

export default class TokenList extends BaseCommand {
  static override summary = 'List the bootstrap tokens of the cluster.';
  static override description = 'Columns and JSON are those of kubeadm token list.';
  static override examples = [
    '<%= config.bin %> token list',
    '<%= config.bin %> token list -o json',
    '<%= config.bin %> token list --via cp1',
  ];
  static override flags = {
    output: Flags.string({
      char: 'o',
      options: ['text', 'json'],
      default: 'text',
      description: 'Output format; json is one object after another.',
    }),
    ...accessFlags,
    ...hostFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(TokenList);
    const cli = this.context(flags);
    const ports = await cli.clusterPorts();
    const { api } = await clusterAccess(cli, ports, flags.via);
    const { tokens, damaged } = await listTokens(api);
    for (const text of damaged) this.reporter.emit({ type: 'message', level: 'warning', text });
    this.print(flags.output === 'json' ? tokenJson(tokens) : tokenTable(tokens, ports.now()));
  }
}
