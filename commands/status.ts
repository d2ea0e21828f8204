import * as Flags from '@oclif/core/flags';
import { accessFlags } from '../src/cli/access-flags.ts';
import { BaseCommand } from '../src/cli/base-command.ts';
import { artifactFlags } from '../src/cli/cluster-flags.ts';
import { hostFlags, RUN_FORMATS } from '../src/cli/flags.ts';
import { statusText } from '../src/cli/status-text.ts';
import { unhealthy } from '../src/cli/unhealthy.ts';
import { clusterStatus } from '../src/cluster/run-status.ts';

export default class Status extends BaseCommand {
  static override summary = 'Show how a cluster is: hosts, components, etcd, certificates, drift.';
  static override description =
    'Looks at every host over SSH, side by side, and changes nothing. Works without an API server by --via. Exit code 0: all is well, 31: something is not.';
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status --via cp2',
    '<%= config.bin %> status -o json --no-drift',
  ];
  static override flags = {
    ...hostFlags,
    ...artifactFlags,
    ...accessFlags,
    output: Flags.string({
      char: 'o',
      options: [...RUN_FORMATS, 'yaml'],
      default: 'text',
      description: 'Output format; docs/reference/status.md describes the fields of json and yaml.',
    }),
    drift: Flags.boolean({
      default: true,
      allowNo: true,
      description: 'Also count what a plan would change on each host.',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    const cli = this.context(flags);
    const through = flags.via === undefined ? { api: await cli.apiClient() } : { via: flags.via };
    const status = await clusterStatus(await cli.clusterPorts(), { through, drift: flags.drift });
    return this.show({ value: status, text: statusText, error: unhealthy(status) }, flags.output);
  }
}
