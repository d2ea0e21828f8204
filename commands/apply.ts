import * as Flags from '@oclif/core/flags';
import { ClientCommand } from '../src/cli/client-command.ts';
import { clientFlags, objectOutputFlags } from '../src/cli/flags.ts';
import { dryRunFlag, fileFlags } from '../src/cli/selection-flags.ts';

export default class Apply extends ClientCommand {
  static override strict = false;
  static override summary = 'Make the objects of manifests what the manifests say.';
  static override usage = 'apply -f FILE|FOLDER|URL|- [FLAGS]';
  static override examples = [
    '<%= config.bin %> apply -f examples/web',
    'cat web.yaml | <%= config.bin %> apply -f -',
    '<%= config.bin %> apply -f web.yaml --dry-run=server',
  ];
  static override flags = {
    ...clientFlags,
    ...objectOutputFlags,
    ...fileFlags,
    ...dryRunFlag,
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
    wait: Flags.boolean({ description: 'Wait until Deployments and the like are complete.' }),
    timeout: Flags.string({ default: '5m', description: 'How long --wait waits, and for definitions.' }),
    'show-managed-fields': Flags.boolean({ description: 'Keep managedFields in json and yaml.' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Apply);
    const { runApply } = await import('../src/objects/apply-command.ts');
    await runApply(
      () => this.context(flags).apiClient(),
      {
        words: argv.map(String),
        files: this.selection(flags, [], 'apply'),
        filenames: flags.filename ?? [],
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
      },
      this.output,
    );
  }
}
