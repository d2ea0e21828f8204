import * as Flags from '@oclif/core/flags';
import { accessFlags } from '../src/cli/access-flags.ts';
import { ClientCommand } from '../src/cli/client-command.ts';
import { type ContextFlags, clientFlags, hostFlags, objectOutputFlags } from '../src/cli/flags.ts';
import { fileFlags, selectorFlags } from '../src/cli/selection-flags.ts';

export default class Get extends ClientCommand {
  static override strict = false;
  static override summary = 'Show objects: as a table, or whole.';
  static override usage = 'get (TYPE[.GROUP] [NAME…] | TYPE/NAME… | -f FILE) [FLAGS]';
  static override examples = [
    '<%= config.bin %> get pods -A -o wide',
    '<%= config.bin %> get deploy/web -o yaml',
    '<%= config.bin %> get clusters',
    '<%= config.bin %> get cluster staging -o yaml',
    `<%= config.bin %> get pods -l app=web -o jsonpath='{.items[*].metadata.name}'`,
  ];
  static override flags = {
    ...clientFlags,
    ...objectOutputFlags,
    ...fileFlags,
    ...selectorFlags,
    ...hostFlags,
    via: accessFlags.via,
    watch: Flags.boolean({ char: 'w', description: 'Go on and show each change.' }),
    'watch-only': Flags.boolean({ description: 'Show changes only, not what is there.' }),
    'output-watch-events': Flags.boolean({ description: 'Show what kind of change each one is.' }),
    'sort-by': Flags.string({ description: 'JSONPath of the field to sort by: .metadata.name' }),
    'show-labels': Flags.boolean({ description: 'All labels as the last column.' }),
    'label-columns': Flags.string({
      char: 'L',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      description: 'Labels to show as columns, separated by commas.',
    }),
    'show-kind': Flags.boolean({ description: 'The type before each name.' }),
    'no-headers': Flags.boolean({ description: 'No line of column names.' }),
    'ignore-not-found': Flags.boolean({ description: 'No error for an object that is not there.' }),
    'show-managed-fields': Flags.boolean({ description: 'Keep managedFields in json and yaml.' }),
    'allow-missing-template-keys': Flags.boolean({
      default: true,
      allowNo: true,
      description: 'A JSONPath that finds nothing gives nothing instead of an error.',
    }),
    subresource: Flags.string({ description: 'A part of the object: status, scale.' }),
    'chunk-size': Flags.integer({ default: 500, description: 'Objects a request; 0 for all at once.' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Get);
    const { clustersNamed, getClusters } = await import('../src/cli/clusters/get.ts');
    const clusters = clustersNamed(argv.map(String));
    if (clusters) {
      const api = await this.#clusterApi(flags);
      const options = {
        output: flags.output,
        cwd: this.runtime.cwd,
        noHeaders: flags['no-headers'],
        ignoreNotFound: flags['ignore-not-found'],
        strictPaths: !flags['allow-missing-template-keys'],
      };
      return getClusters(api, clusters, options, this.output);
    }
    const [client, { get }] = await Promise.all([
      this.context(flags).apiClient(),
      import('../src/objects/get/get.ts'),
    ]);
    const options = {
      selection: this.selection(flags, argv, 'get'),
      output: flags.output,
      watch: flags.watch,
      watchOnly: flags['watch-only'],
      outputWatchEvents: flags['output-watch-events'],
      sortBy: flags['sort-by'],
      showLabels: flags['show-labels'],
      labelColumns: flags['label-columns'],
      showKind: flags['show-kind'],
      noHeaders: flags['no-headers'],
      ignoreNotFound: flags['ignore-not-found'],
      showManagedFields: flags['show-managed-fields'],
      strictPaths: !flags['allow-missing-template-keys'],
      subresource: flags.subresource,
      chunkSize: flags['chunk-size'],
    };
    await get(client, options, this.output);
  }

  async #clusterApi(flags: ContextFlags & { via?: string }) {
    const cli = this.context(flags);
    if (flags.via === undefined) return cli.apiClient();
    const { controlPlaneAccess } = await import('../src/cluster/via.ts');
    return (await controlPlaneAccess(await cli.clusterPorts(), flags.via)).api;
  }
}
