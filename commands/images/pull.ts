import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { clusterFile, imageSourceFlags } from '../../src/cli/cluster-file.ts';
import { artifactFlags, specOf, waitOf, workflowFlags } from '../../src/cli/cluster-flags.ts';
import { hostFlags, runOutputFlags } from '../../src/cli/flags.ts';
import { planText } from '../../src/cli/plan-text.ts';
import { pullImages } from '../../src/cluster/run-pull.ts';

export default class ImagesPull extends BaseCommand {
  static override summary = 'Bring the images of a cluster to hosts, ahead of init and join.';
  static override description =
    'Hosts without containerd get it first; one that runs is left as it is. What is there is not brought again. reset takes all of it back.';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> images pull cp1 w1 w2',
    '<%= config.bin %> images pull local --kubernetes-version v1.36.3',
    '<%= config.bin %> images pull cp1 -f cluster.yaml --dry-run',
  ];
  static override args = {
    hosts: Args.string({ ignoreStdin: true, required: true, description: 'One host or more, as for init.' }),
  };
  static override flags = {
    ...imageSourceFlags,
    ...artifactFlags,
    ...workflowFlags,
    ...hostFlags,
    ...runOutputFlags,
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(ImagesPull);
    const cli = this.context(flags);
    const file = await clusterFile(flags.filename, cli, this.runtime);
    const done = await pullImages(await cli.clusterPorts(), {
      targets: argv as string[],
      spec: file?.input ?? specOf(flags),
      ignorePreflightErrors: flags['ignore-preflight-errors'] ?? [],
      dryRun: flags['dry-run'],
      waitMs: waitOf(flags),
    });
    if (flags['dry-run']) return this.result(done, ({ plans }) => plans.map(planText).join('\n'));
    const { hosts, seconds } = done;
    this.result({ hosts, seconds }, (value) =>
      value.hosts
        .map(({ host, images, changed }) => `${host} has all ${images.length} images (changed ${changed}).`)
        .concat(`${value.seconds.toFixed(1)} s.`)
        .join('\n'),
    );
  }
}
