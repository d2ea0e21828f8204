import * as Args from '@oclif/core/args';
import { KubewrightError } from '../../../src/base/errors.ts';
import { sleep } from '../../../src/base/wait.ts';
import { BaseCommand } from '../../../src/cli/base-command.ts';
import { hostFlags, runOutputFlags } from '../../../src/cli/flags.ts';

/** Does whatever a command can do to the process around it; for the tests of src/cli. */
export default class Act extends BaseCommand {
  static override summary = 'Behave in one way.';
  static override args = { how: Args.string({ required: true }) };
  static override flags = { ...hostFlags, ...runOutputFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Act);
    const cli = this.context(flags);
    const certs = { type: 'phase', host: 'cp1', phase: 'certs', title: 'Certificates' } as const;
    cli.reporter.emit({ ...certs, state: 'started' });
    const ways: Record<string, () => Promise<void> | void> = {
      finish: () => this.result({ name: 'web' }, ({ name }) => `made ${name}`),
      fail: () => {
        throw unreachable('cp1');
      },
      'fail-twice': () => {
        const cause = new AggregateError([unreachable('w1'), unreachable('w2')]);
        const message = '2 of 3 hosts failed.';
        throw new KubewrightError({ code: 'SomeFailed', message, exit: 'partial', cause });
      },
      bug: () => {
        throw new TypeError('x is not a function');
      },
      stray: async () => {
        void Promise.reject(new Error('nobody waited for this'));
        await sleep(5000);
      },
      pass: () => this.exit(7),
      listen: async () => {
        const { signal } = this;
        this.print('ready');
        await sleep(20_000, signal);
      },
      stubborn: async () => {
        void this.signal;
        this.print('ready');
        await sleep(20_000);
      },
      deaf: async () => {
        this.print('ready');
        await sleep(20_000);
      },
      flood: () => this.print('line\n'.repeat(200_000)),
    };
    await ways[args.how]?.();
  }
}

function unreachable(host: string): KubewrightError {
  return new KubewrightError({
    code: 'HostUnreachable',
    message: `${host} does not answer.`,
    host,
    step: 'connect',
    evidence: 'Connection refused\u001b[2J\n',
    hint: 'Is it on?',
    exit: 'hostUnreachable',
  });
}
