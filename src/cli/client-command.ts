import type { FlagInput } from '@oclif/core/interfaces';
import type { SelectionOptions } from '../objects/selection/select.ts';
import type { Output } from '../objects/streams.ts';
import { BaseCommand } from './base-command.ts';
import type { SelectionFlags } from './selection-flags.ts';

/** What kubectl's verbs have in common: free words, `--flag=false`, results to stdout and remarks to stderr. */
export abstract class ClientCommand extends BaseCommand {
  /** oclif takes no value for a boolean flag, kubectl does. */
  override async init(): Promise<void> {
    await super.init();
    const end = this.argv.indexOf('--');
    const before = end < 0 ? this.argv : this.argv.slice(0, end);
    const { flags, baseFlags } = this.ctor as { flags: FlagInput; baseFlags: FlagInput };
    const read = before.flatMap((word) => plainBoolean(word, { ...baseFlags, ...flags }));
    this.argv = end < 0 ? read : [...read, ...this.argv.slice(end)];
  }

  protected get output(): Output {
    return {
      out: (data) => {
        if (data.length > 0) this.stdout.write(data);
      },
      note: (line) => {
        this.stderr.write(`${line}\n`);
      },
    };
  }

  /** What stands in the files of `-f`; the one cluster among them has another way to go. */
  protected async readFiles(flags: SelectionFlags) {
    const [{ readFiles }, { clusterOf }] = await Promise.all([
      import('../objects/selection/files.ts'),
      import('../objects/manifests.ts'),
    ]);
    const { cwd } = this.runtime;
    const options = { cwd, stdin: this.stdin, ...(flags.recursive ? { recursive: true } : {}) };
    const files = await readFiles(flags.filename ?? [], options);
    return { files, cluster: clusterOf(files) };
  }

  protected selection(flags: SelectionFlags, words: readonly unknown[], verb: string): SelectionOptions {
    return {
      words: words.map(String),
      filenames: flags.filename,
      recursive: flags.recursive,
      labelSelector: flags.selector,
      fieldSelector: flags['field-selector'],
      all: flags.all,
      allNamespaces: flags['all-namespaces'],
      namespace: flags['all-namespaces'] ? undefined : flags.namespace,
      cwd: this.runtime.cwd,
      stdin: this.stdin,
      verb,
    };
  }
}

/** `--wait=false` becomes `--no-wait`, or nothing where the flag is off anyway. */
function plainBoolean(word: string, flags: FlagInput): string[] {
  const [, name = '', value] = /^--([a-z-]+)=(true|false)$/.exec(word) ?? [];
  const flag = flags[name];
  if (value === undefined || flag?.type !== 'boolean') return [word];
  if (value === 'true') return [`--${name}`];
  return flag.allowNo ? [`--no-${name}`] : [];
}
