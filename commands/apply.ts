import * as Flags from '@oclif/core/flags';
import { ClientCommand } from '../src/cli/client-command.ts';
import { clientFlags, hostFlags, lockFlags, objectOutputFlags } from '../src/cli/flags.ts';
import { dryRunFlag, fileFlags, pruneHostsFlag } from '../src/cli/selection-flags.ts';
import { timelineFlag } from '../src/cli/timeline-file.ts';

export default class Apply extends ClientCommand {
  static override strict = false;
  static override summary = 'Make objects, or a cluster, what their files say.';
  static override description =
    'A file of kind Cluster (kubewright.dev) goes to its hosts: they become the cluster, or converge to it.';
  static override usage = ['apply -f FILE|FOLDER|URL|- [FLAGS]', 'apply --plan FILE [FLAGS]'];
  static override examples = [
    '<%= config.bin %> apply -f examples/web',
    'cat web.yaml | <%= config.bin %> apply -f -',
    '<%= config.bin %> apply -f web.yaml --dry-run=server',
    '<%= config.bin %> apply -f cluster.yaml --dry-run=server',
    '<%= config.bin %> apply -f cluster.yaml --prune-hosts',
    '<%= config.bin %> apply --plan plan.json',
    '<%= config.bin %> apply --plan plan.json --dry-run=server',
  ];
  static override flags = {
    ...clientFlags,
    ...objectOutputFlags,
    ...fileFlags,
    ...dryRunFlag,
    ...hostFlags,
    ...lockFlags,
    ...pruneHostsFlag,
    ...timelineFlag,
    'server-side': Flags.boolean({
      default: true,
      allowNo: true,
      description: 'The API server merges (the only way so far).',
    }),
    'force-conflicts': Flags.boolean({ description: 'Take fields over from other managers.' }),
    'field-manager': Flags.string({ default: 'kubewright', description: 'Who the fields will belong to.' }),
    validate: Flags.string({
      options: ['strict', 'warn', 'ignore', 'true', 'false'],
      default: 'strict',
      description: 'What unknown and duplicate fields are.',
    }),
    plan: Flags.string({
      helpGroup: 'HOSTS',
      exclusive: ['filename', 'prune-hosts'],
      description:
        'Carry out this plan of a cluster, saved by plan --out, or refuse because something moved.',
    }),
    wait: Flags.boolean({ description: 'Wait until Deployments and the like are complete.' }),
    timeout: Flags.string({
      default: '5m',
      description:
        'How long --wait waits, and for definitions; of a cluster, for any one thing, where it is given.',
    }),
    'show-managed-fields': Flags.boolean({ description: 'Keep managedFields in json and yaml.' }),
  };

  async run(): Promise<void> {
    const { flags, argv, metadata } = await this.parse(Apply);
    const { checkApply, requireObjects, runApply } = await import('../src/objects/apply-command.ts');
    const options = checkApply({
      words: argv.map(String),
      filenames: flags.filename ?? (flags.plan === undefined ? [] : [flags.plan]),
      namespace: flags.namespace,
      output: flags.output,
      dryRun: flags['dry-run'],
      serverSide: flags['server-side'],
      forceConflicts: flags['force-conflicts'],
      fieldManager: flags['field-manager'],
      validate: flags.validate,
      showManagedFields: flags['show-managed-fields'],
      wait: flags.wait,
      timeout: flags.timeout,
    });
    // A cluster has time-outs of its own, for each kind of wait.
    const waitMs = metadata.flags.timeout?.setFromDefault ? undefined : options.timeoutMs;
    if (flags.plan !== undefined) {
      const { applySaved } = await import('../src/cli/clusters/apply-saved.ts');
      const about = { path: flags.plan, cwd: this.runtime.cwd, version: this.config.version };
      const saved = { ...about, dryRun: options.dryRun };
      return this.show<object>(
        await applySaved(this.context(flags), saved, { ...flags, waitMs }),
        flags.output,
      );
    }
    const { files, cluster } = await this.readFiles(flags);
    const cli = this.context(flags);
    if (!cluster) {
      const { cwd } = this.runtime;
      requireObjects(files);
      return runApply(await cli.apiClient(), { ...options, files, cwd }, this.output);
    }
    const [{ applyDeclared, planDeclared }, { rehearseDeclared }] = await Promise.all([
      import('../src/cli/clusters/apply.ts'),
      import('../src/cli/clusters/rehearse.ts'),
    ]);
    if (options.dryRun === 'client') return this.show(rehearseDeclared(cli, cluster, flags), flags.output);
    if (options.dryRun === 'server') return this.show(await planDeclared(cli, cluster, flags), flags.output);
    return this.show(await applyDeclared(cli, cluster, { ...flags, waitMs }), flags.output);
  }
}
