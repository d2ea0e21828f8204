import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { clusterFile, imageSourceFlags } from '../../src/cli/cluster-file.ts';
import { specOf } from '../../src/cli/cluster-flags.ts';
import { imagesOf } from '../../src/cluster/manifests/images.ts';
import { resolveSpec } from '../../src/cluster/spec/resolve.ts';

export default class ImagesList extends BaseCommand {
  static override summary = 'List the images that a cluster is made of.';
  static override description =
    'Format and order are those of kubeadm config images list; the pod network follows.';
  static override examples = [
    '<%= config.bin %> images list',
    '<%= config.bin %> images list --kubernetes-version v1.36.3 -o json',
    '<%= config.bin %> images list -f cluster.yaml',
  ];
  static override flags = {
    ...imageSourceFlags,
    output: Flags.string({
      char: 'o',
      options: ['text', 'json'],
      default: 'text',
      description: 'Output format.',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ImagesList);
    const file = await clusterFile(flags.filename, this.context(flags), this.runtime);
    const images = imagesOf(resolveSpec(file?.input ?? specOf(flags), undefined, file));
    const object = { kind: 'Images', apiVersion: 'output.kubeadm.k8s.io/v1alpha3', images };
    this.print(flags.output === 'json' ? JSON.stringify(object, undefined, 4) : images.join('\n'));
  }
}
