import * as Flags from '@oclif/core/flags';
import { ClientCommand } from '../src/cli/client-command.ts';
import { clientFlags, objectOutputFlags } from '../src/cli/flags.ts';
import { fileFlags, selectorFlags } from '../src/cli/selection-flags.ts';

export default class Wait extends ClientCommand {
  static override strict = false;
  static override summary = 'Wait until objects are in a state.';
  static override usage = 'wait (-f FILE | TYPE/NAME… | TYPE (-l LABELS | --all)) --for=CONDITION [FLAGS]';
  static override examples = [
    '<%= config.bin %> wait deploy/web --for=condition=Available',
    '<%= config.bin %> wait pod/web-1 --for=delete --timeout=60s',
    `<%= config.bin %> wait pod/web-1 --for=jsonpath='{.status.phase}'=Running`,
  ];
  static override flags = {
    ...clientFlags,
    ...objectOutputFlags,
    ...fileFlags,
    ...selectorFlags,
    all: Flags.boolean({ description: 'All objects of the types.' }),
    for: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: `create, delete, condition=NAME[=VALUE] or jsonpath='{PATH}'[=VALUE]; all of several.`,
    }),
    timeout: Flags.string({ default: '30s', description: 'How long; 0 looks once, negative means a week.' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Wait);
    const [client, { wait }, { duration }] = await Promise.all([
      this.context(flags).apiClient(),
      import('../src/objects/wait/wait.ts'),
      import('../src/objects/duration.ts'),
    ]);
    const options = {
      selection: this.selection(flags, argv, 'wait'),
      conditions: flags.for ?? [],
      timeoutMs: duration(flags.timeout, 'timeout'),
      output: flags.output,
    };
    await wait(client, options, this.output);
  }
}
