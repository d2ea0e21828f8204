import { BaseCommand } from '../../src/cli/base-command.ts';
import { generateBootstrapToken } from '../../src/cluster/manifests/bootstrap-token.ts';

export default class TokenGenerate extends BaseCommand {
  static override summary = 'Print a random bootstrap token, without making it known to any cluster.';
  static override examples = ['<%= config.bin %> token generate'];

  async run(): Promise<void> {
    await this.parse(TokenGenerate);
    this.print(generateBootstrapToken());
  }
}
