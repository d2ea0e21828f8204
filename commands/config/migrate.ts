import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { clusterFile, configFileFlags } from '../../src/cli/cluster-file.ts';
import { clusterDocument, clusterText } from '../../src/cluster/spec/print.ts';
import { migrated } from '../../src/cluster/spec/read.ts';
import { stringifyJson } from '../../src/kube/json.ts';

export default class ConfigMigrate extends BaseCommand {
  static override summary =
    'Convert a file of kubeadm, or an older cluster file, into a cluster file of today.';
  static override description =
    'Reads kubeadm.k8s.io/v1beta4 with the configurations of kubelet, kube-proxy and scheduler. What has no effect is told on standard error; what cannot be said in a cluster file, and would change the cluster, is an error.';
  static override examples = [
    '<%= config.bin %> config migrate -f kubeadm.yaml > cluster.yaml',
    '<%= config.bin %> config migrate -f kubeadm.yaml --node-name cp1',
  ];
  static override flags = {
    ...configFileFlags,
    output: Flags.string({
      char: 'o',
      options: ['yaml', 'json'],
      default: 'yaml',
      description: 'Output format.',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ConfigMigrate);
    const file = await clusterFile(flags.filename, this.context(flags), this.runtime, {
      nodeName: flags['node-name'],
    });
    const input = migrated(file!);
    this.print(flags.output === 'json' ? stringifyJson(clusterDocument(input), 2) : clusterText(input));
  }
}
