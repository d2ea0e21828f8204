import * as Flags from '@oclif/core/flags';
import { ClientCommand } from '../src/cli/client-command.ts';
import { clientFlags, hostFlags, lockFlags, objectOutputFlags } from '../src/cli/flags.ts';
import { dryRunFlag, fileFlags, selectorFlags } from '../src/cli/selection-flags.ts';

export default class Delete extends ClientCommand {
  static override strict = false;
  static override summary = 'Delete objects, and wait until they are gone.';
  static override usage = 'delete (-f FILE | TYPE NAME… | TYPE/NAME… | TYPE (-l LABELS | --all)) [FLAGS]';
  static override examples = [
    '<%= config.bin %> delete -f examples/web',
    '<%= config.bin %> delete pod/web-1 --now',
    '<%= config.bin %> delete pods -l app=web',
    '<%= config.bin %> delete -f cluster.yaml --confirm staging',
  ];
  static override flags = {
    ...clientFlags,
    ...objectOutputFlags,
    ...fileFlags,
    ...selectorFlags,
    ...dryRunFlag,
    ...hostFlags,
    ...lockFlags,
    confirm: Flags.string({
      helpGroup: 'HOSTS',
      description: 'Name of the cluster whose file -f names: all of its hosts are reset.',
    }),
    all: Flags.boolean({ description: 'All objects of the types.' }),
    'ignore-not-found': Flags.boolean({
      allowNo: true,
      description: 'No error for an object that is not there; the rule with --all and -l.',
    }),
    'grace-period': Flags.integer({ description: 'Seconds that the object gets to end by itself.' }),
    now: Flags.boolean({ description: 'The same as --grace-period=1.' }),
    force: Flags.boolean({ description: 'With --grace-period=0: do not wait for the kubelet.' }),
    cascade: Flags.string({
      default: 'background',
      options: ['background', 'orphan', 'foreground', 'true', 'false'],
      description: 'What happens to objects that belong to it.',
    }),
    wait: Flags.boolean({ default: true, allowNo: true, description: 'Wait until the objects are gone.' }),
    timeout: Flags.string({ default: '0s', description: 'How long to wait; 0 for as long as it takes.' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Delete);
    const { files, cluster } = await this.readFiles(flags);
    if (cluster) {
      const { deleteDeclared } = await import('../src/cli/clusters/delete.ts');
      const dryRun = flags['dry-run'] as 'none';
      const shown = await deleteDeclared(this.context(flags), cluster, { ...flags, dryRun });
      return this.show<object>(shown, flags.output);
    }
    const selection = { ...this.selection(flags, argv, 'delete'), files };
    const { namedIn } = await import('../src/objects/selection/select.ts');
    namedIn(selection);
    const [client, { deleteObjects }, { duration }] = await Promise.all([
      this.context(flags).apiClient(),
      import('../src/objects/delete/delete.ts'),
      import('../src/objects/duration.ts'),
    ]);
    await deleteObjects(
      client,
      {
        selection,
        ignoreNotFound: flags['ignore-not-found'],
        gracePeriod: flags['grace-period'],
        now: flags.now,
        force: flags.force,
        cascade: flags.cascade,
        dryRun: flags['dry-run'] as 'none',
        wait: flags.wait,
        timeoutMs: duration(flags.timeout, 'timeout'),
        output: flags.output,
      },
      this.output,
    );
  }
}
