import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BaseCommand } from '../../src/cli/base-command.ts';

export default class ConfigSchema extends BaseCommand {
  static override summary = 'Print the JSON Schema of cluster files, for editors.';
  static override description =
    'A file that begins with "# yaml-language-server: $schema=cluster.schema.json" is then completed and checked as it is written.';
  static override examples = ['<%= config.bin %> config schema > cluster.schema.json'];

  async run(): Promise<void> {
    await this.parse(ConfigSchema);
    this.print(await readFile(join(this.config.root, 'docs/reference/cluster.schema.json'), 'utf8'));
  }
}
