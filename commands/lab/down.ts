import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { runOutputFlags } from '../../src/cli/flags.ts';
import { labDown } from '../../src/lab/down.ts';
import { labName } from '../../src/lab/find.ts';

export default class LabDown extends BaseCommand {
  static override summary = 'End a lab and remove everything that it made.';
  static override description = 'The base system of lab hosts stays in the cache. Safe to run twice.';
  static override examples = ['<%= config.bin %> lab down', '<%= config.bin %> lab down --lab ha'];
  static override flags = {
    ...runOutputFlags,
    lab: Flags.string({ description: 'Name of the lab; default $KUBEWRIGHT_LAB, then "default".' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(LabDown);
    const { env, reporter } = this.context(flags);
    const result = await labDown({ lab: labName(env, flags.lab), env, reporter });
    this.result(result, ({ lab, removed }) => `Lab ${lab} is gone (hosts: ${removed.join(', ') || 'none'}).`);
  }
}
