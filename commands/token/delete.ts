import * as Args from '@oclif/core/args';
import { accessFlags } from '../../src/cli/access-flags.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { clusterAccess } from '../../src/cli/cluster-access.ts';
import { hostFlags } from '../../src/cli/flags.ts';
import { deleteToken } from '../../src/cluster/tokens/tokens.ts';

export default class TokenDelete extends BaseCommand {
  static override summary = 'Delete bootstrap tokens: nobody can join with them any more.';
  static override description = 'Nodes that joined with a token do not need it afterwards.';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> token delete abcdef',
    '<%= config.bin %> token delete abcdef.0123456789abcdef ghijkl',
  ];
  static override args = {
    token: Args.string({
      ignoreStdin: true,
      required: true,
      description: 'Its id, or the whole token; one or more.',
    }),
  };
  static override flags = { ...accessFlags, ...hostFlags };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(TokenDelete);
    const cli = this.context(flags);
    const ports = await cli.clusterPorts();
    const { api } = await clusterAccess(cli, ports, flags.via);
    for (const word of argv as string[]) {
      this.print(`bootstrap token "${await deleteToken(api, word)}" deleted`);
    }
  }
}
