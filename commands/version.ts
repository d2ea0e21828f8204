import * as Flags from '@oclif/core/flags';
import { ClientCommand } from '../src/cli/client-command.ts';
import { clientFlags, objectOutputFlags } from '../src/cli/flags.ts';

export default class Version extends ClientCommand {
  static override strict = false;
  static override summary = 'Show the version of kubewright and of the API server.';
  static override flags = {
    ...clientFlags,
    ...objectOutputFlags,
    client: Flags.boolean({ description: 'Only our own version: no server is asked.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Version);
    const { renderVersions, serverVersion } = await import('../src/objects/version.ts');
    const [major, minor] = this.config.version.split('.');
    const clientVersion = { major, minor, gitVersion: `v${this.config.version}` };
    if (flags.client) return this.print(renderVersions({ clientVersion }, flags.output));
    try {
      const server = await serverVersion(await this.context(flags).apiClient());
      this.print(renderVersions({ clientVersion, serverVersion: server }, flags.output));
    } catch (error) {
      this.print(renderVersions({ clientVersion }, flags.output));
      throw error;
    }
  }
}
