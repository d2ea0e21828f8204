import * as Flags from '@oclif/core/flags';
import { ClientCommand } from '../src/cli/client-command.ts';
import { clientFlags } from '../src/cli/flags.ts';

export default class Logs extends ClientCommand {
  static override strict = false;
  static override summary = 'Show what containers wrote.';
  static override usage = 'logs (POD | TYPE/NAME | -l LABELS) [CONTAINER] [FLAGS]';
  static override examples = [
    '<%= config.bin %> logs deploy/web',
    '<%= config.bin %> logs deploy/web --all-pods -f',
    '<%= config.bin %> logs job/pi --tail=20 --timestamps',
  ];
  static override flags = {
    ...clientFlags,
    selector: Flags.string({ char: 'l', description: 'Labels of the pods; 10 lines of each.' }),
    container: Flags.string({ char: 'c', description: 'The container; the first one by default.' }),
    'all-containers': Flags.boolean({ description: 'All containers of the pods.' }),
    'all-pods': Flags.boolean({ description: 'All pods of a workload, each line with its pod.' }),
    follow: Flags.boolean({ char: 'f', description: 'Go on as more is written.' }),
    previous: Flags.boolean({ char: 'p', description: 'Of the container before its last restart.' }),
    timestamps: Flags.boolean({ description: 'The time before each line.' }),
    prefix: Flags.boolean({ description: 'Pod and container before each line.' }),
    'ignore-errors': Flags.boolean({ description: 'Go on where a log cannot be read.' }),
    tail: Flags.integer({ description: 'So many of the last lines; -1 for all.' }),
    since: Flags.string({ description: 'Only what is younger: 5s, 2m, 3h.' }),
    'since-time': Flags.string({ description: 'Only what is younger than a time (RFC 3339).' }),
    'limit-bytes': Flags.integer({ description: 'At most so many bytes of each log.' }),
    'max-log-requests': Flags.integer({ description: 'At most so many logs at once with -f.' }),
    'pod-running-timeout': Flags.string({ default: '20s', description: 'How long to wait for a pod.' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Logs);
    const [client, { logs }, { duration }] = await Promise.all([
      this.context(flags).apiClient(),
      import('../src/objects/logs/logs.ts'),
      import('../src/objects/duration.ts'),
    ]);
    const options = {
      words: argv.map(String),
      selector: flags.selector,
      container: flags.container,
      allContainers: flags['all-containers'],
      allPods: flags['all-pods'],
      follow: flags.follow,
      previous: flags.previous,
      timestamps: flags.timestamps,
      prefix: flags.prefix,
      ignoreErrors: flags['ignore-errors'],
      tail: flags.tail,
      sinceMs: flags.since === undefined ? undefined : duration(flags.since, 'since'),
      sinceTime: flags['since-time'],
      limitBytes: flags['limit-bytes'],
      maxRequests: flags['max-log-requests'],
      podTimeoutMs: duration(flags['pod-running-timeout'], 'pod-running-timeout'),
    };
    await logs(client, options, this.output);
  }
}
