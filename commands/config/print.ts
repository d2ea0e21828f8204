import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { clusterFile, configFileFlags } from '../../src/cli/cluster-file.ts';
import { resolveSpec } from '../../src/cluster/spec/resolve.ts';
import { stringifyJson } from '../../src/kube/json.ts';

export default class ConfigPrint extends BaseCommand {
  static override summary =
    'Print the whole specification of a cluster, with what is taken where nothing is said.';
  static override description =
    'Without a file: the defaults. What a running cluster has is shown by get cluster -o yaml.';
  static override examples = [
    '<%= config.bin %> config print > cluster.yaml',
    '<%= config.bin %> config print -f cluster.yaml',
    '<%= config.bin %> config print -f cluster.yaml --kubeadm',
  ];
  static override flags = {
    ...configFileFlags,
    filename: Flags.string({ ...configFileFlags.filename, required: false }),
    kubeadm: Flags.boolean({
      exclusive: ['output'],
      description: 'As kubeadm (v1beta4) would be told to make the first control plane.',
    }),
    output: Flags.string({
      char: 'o',
      options: ['yaml', 'json'],
      description: 'Output format; default yaml.',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ConfigPrint);
    const cli = this.context(flags);
    const file = await clusterFile(flags.filename, cli, this.runtime, {
      nodeName: flags['node-name'],
    });
    const spec = resolveSpec(file?.input ?? {}, undefined, file);
    if (flags.kubeadm) {
      const { kubeadmHost, kubeadmText } = await import('../../src/cluster/manifests/kubeadm-files.ts');
      const node = kubeadmHost(spec, flags['node-name']);
      const others = spec.hosts.filter(({ name }) => name !== node?.name).map(({ name }) => name);
      if (others.length > 0) {
        const text = `left out: ${others.join(', ')}; a file for kubeadm init is about one host`;
        cli.reporter.emit({ type: 'message', level: 'warning', text });
      }
      return this.print(kubeadmText(spec, node));
    }
    const { clusterDocument, clusterText } = await import('../../src/cluster/spec/print.ts');
    this.print(flags.output === 'json' ? stringifyJson(clusterDocument(spec), 2) : clusterText(spec));
  }
}
