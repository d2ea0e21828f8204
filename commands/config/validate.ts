import { BaseCommand } from '../../src/cli/base-command.ts';
import { clusterFile, configFileFlags } from '../../src/cli/cluster-file.ts';
import { runOutputFlags } from '../../src/cli/flags.ts';
import { NO_CONTROL_PLANE } from '../../src/cluster/declared/hosts.ts';
import { resolveSpec } from '../../src/cluster/spec/resolve.ts';

export default class ConfigValidate extends BaseCommand {
  static override summary = 'Check a cluster file without touching a host.';
  static override description =
    'All that is wrong is told at once, with line and column. What only shows against a running cluster is told by diff -f.';
  static override examples = [
    '<%= config.bin %> config validate -f cluster.yaml',
    '<%= config.bin %> config validate -f cluster.yaml -o json',
  ];
  static override flags = { ...configFileFlags, ...runOutputFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(ConfigValidate);
    const cli = this.context(flags);
    const file = await clusterFile(flags.filename, cli, this.runtime, {
      nodeName: flags['node-name'],
    });
    const spec = resolveSpec(file?.input ?? {}, undefined, file);
    const { name, kubernetesVersion, hosts } = spec;
    const warnings = [...(file?.warnings ?? [])];
    if (!file?.unnamed && !hosts.some(({ role }) => role === 'control-plane')) {
      warnings.push(`${file?.source}: ${NO_CONTROL_PLANE}; apply refuses that, init HOST and join take it`);
      cli.reporter.emit({ type: 'message', level: 'warning', text: warnings.at(-1)! });
    }
    this.result(
      { source: file?.source, valid: true, name, kubernetesVersion, hosts: hosts.length, warnings },
      (value) =>
        `${value.source} is valid: cluster ${value.name}, Kubernetes ${value.kubernetesVersion}, hosts: ${value.hosts}.`,
    );
  }
}
