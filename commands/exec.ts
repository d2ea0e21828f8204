import * as Flags from '@oclif/core/flags';
import { ClientCommand } from '../src/cli/client-command.ts';
import { clientFlags } from '../src/cli/flags.ts';
import { usageFault } from '../src/objects/failures.ts';

export default class Exec extends ClientCommand {
  static override strict = false;
  static override summary = 'Run a command in a container; its exit code is ours.';
  static override usage = 'exec (POD | TYPE/NAME) [-c CONTAINER] [FLAGS] -- COMMAND [ARGUMENTS…]';
  static override examples = [
    '<%= config.bin %> exec deploy/web -- hostname',
    '<%= config.bin %> exec -it web-1 -c app -- sh',
  ];
  static override flags = {
    ...clientFlags,
    container: Flags.string({ char: 'c', description: 'The container; the first one by default.' }),
    stdin: Flags.boolean({ char: 'i', description: 'Pass our standard input on.' }),
    tty: Flags.boolean({ char: 't', description: 'Give the command a terminal.' }),
    quiet: Flags.boolean({ char: 'q', description: 'Only what the command itself says.' }),
    'pod-running-timeout': Flags.string({ default: '1m0s', description: 'How long to wait for a pod.' }),
  };

  async run(): Promise<void> {
    const dash = this.argv.indexOf('--');
    const command = dash < 0 ? [] : this.argv.slice(dash + 1);
    const { flags, argv } = await this.parse(Exec, dash < 0 ? this.argv : this.argv.slice(0, dash));
    const [target, ...more] = argv.map(String);
    if (target === undefined)
      throw usageFault('pod, type/name must be specified', `kubewright ${Exec.usage}`);
    if (more.length > 0)
      throw usageFault(
        'exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead',
        `kubewright exec ${target} -- ${more.join(' ')}`,
      );
    const [client, { execInPod }, { duration }] = await Promise.all([
      this.context(flags).apiClient(),
      import('../src/objects/exec/exec.ts'),
      import('../src/objects/duration.ts'),
    ]);
    const { container, stdin, tty, quiet } = flags;
    const podTimeoutMs = duration(flags['pod-running-timeout'], 'pod-running-timeout');
    const streams = { stdin: this.stdin, stdout: this.stdout, stderr: this.stderr, note: this.output.note };
    const code = await execInPod(
      client,
      { target, command, container, stdin, tty, quiet, podTimeoutMs, signal: this.signal },
      streams,
    );
    if (code !== 0) this.exit(code);
  }
}
