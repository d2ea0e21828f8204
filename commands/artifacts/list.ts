import * as Flags from '@oclif/core/flags';
import { artifactsChoice } from '../../src/cli/artifacts-choice.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { clusterFile, imageSourceFlags } from '../../src/cli/cluster-file.ts';
import { specOf } from '../../src/cli/cluster-flags.ts';
import { listArtifacts } from '../../src/cluster/list-artifacts.ts';
import { resolveSpec } from '../../src/cluster/spec/resolve.ts';

export default class ArtifactsList extends BaseCommand {
  static override summary = 'List every address that a cluster is downloaded from.';
  static override description =
    'Files, the checksums beside them, and images of registries: what a mirror has to have. Digests are those that are pinned here. Asks no network.';
  static override examples = [
    '<%= config.bin %> artifacts list --arch amd64',
    '<%= config.bin %> artifacts list --kubernetes-version v1.36.3 -o json',
    '<%= config.bin %> artifacts list --artifacts-mirror https://mirror.example.com',
  ];
  static override flags = {
    ...imageSourceFlags,
    arch: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      description: 'Architectures of the hosts; default all.',
    }),
    'artifacts-mirror': Flags.string({ description: 'Show where each is on this mirror.' }),
    output: Flags.string({
      char: 'o',
      options: ['text', 'json'],
      default: 'text',
      description: 'Output format.',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ArtifactsList);
    const cli = this.context(flags);
    const file = await clusterFile(flags.filename, cli, this.runtime);
    const spec = resolveSpec(file?.input ?? specOf(flags), undefined, file);
    const { mirror } = artifactsChoice(flags, cli.env, spec.artifacts);
    const { env } = cli;
    const items = await listArtifacts(spec, {
      mirror,
      env,
      ...(flags.arch ? { architectures: flags.arch } : {}),
    });
    if (flags.output === 'json') return this.print(JSON.stringify({ items }, undefined, 2));
    const lines = items.map(({ kind, address, mirror: there, digest }) =>
      [kind.padEnd(8), there || address, digest].join(' ').trimEnd(),
    );
    this.print(lines.join('\n'));
  }
}
