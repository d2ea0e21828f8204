import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { Reporter } from '../output/events.ts';
import { type ClosableReporter, chooseReporter } from '../output/reporters/choose.ts';
import type { Shown } from './clusters/file.ts';
import { type CliContext, createContext } from './context.ts';
import type { ContextFlags } from './flags.ts';
import { type Runtime, runtimeOf, type TerminalReader, type TerminalWriter } from './runtime.ts';
import { withTimelineFile } from './timeline-file.ts';

/**
 * What every command is made from. A command parses its flags, calls one function of src and prints the result;
 * errors are thrown and rendered by src/cli/main.ts.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    debug: Flags.boolean({
      helpGroup: 'GLOBAL',
      env: 'KUBEWRIGHT_DEBUG',
      description: 'Show stack traces and every step.',
    }),
  };

  #context: CliContext | undefined;
  #reporter: ClosableReporter | undefined;
  #format = '';
  #timeline: string | undefined;
  #verbose = false;

  protected get runtime(): Runtime {
    return runtimeOf(this.config);
  }
  protected get env(): Record<string, string | undefined> {
    return this.runtime.env;
  }
  protected get stdin(): TerminalReader {
    return this.runtime.stdin;
  }
  protected get stdout(): TerminalWriter {
    return this.runtime.stdout;
  }
  protected get stderr(): TerminalWriter {
    return this.runtime.stderr;
  }
  /** Reading it promises to stop by it; a command that does not is ended at once by Ctrl-C. */
  protected get signal(): AbortSignal {
    return this.runtime.signal;
  }
  /** Chosen by `-o` and the terminal on the first use, which therefore has to come after `context(flags)`. */
  protected get reporter(): Reporter {
    return this.#screen();
  }

  #screen(): ClosableReporter {
    const { stdout, stderr, env } = this.runtime;
    this.#reporter ??= this.#recorded(
      chooseReporter({ format: this.#format, stdout, stderr, env, verbose: this.#verbose }),
    );
    return this.#reporter;
  }

  #recorded(reporter: ClosableReporter): ClosableReporter {
    const file = this.#timeline;
    if (file === undefined) return reporter;
    const title = `kubewright ${[this.id, ...this.argv].join(' ')}`;
    return withTimelineFile(reporter, { file, cwd: this.runtime.cwd, root: this.config.root, title });
  }

  /** Adapters for this command's flags, made when they are first asked for; closed when the command ends. */
  protected context(flags: ContextFlags): CliContext {
    this.#format = flags.output ?? '';
    this.#verbose = flags.debug ?? false;
    this.#timeline = flags.timeline;
    this.#context ??= createContext({
      flags,
      runtime: this.runtime,
      reporter: this.#screen(),
      root: this.config.root,
      command: this.id ?? '',
    });
    return this.#context;
  }

  /** A result, as it stands: to stdout, with a newline at the end if it has none. */
  protected print(text: string): void {
    this.#reporter?.pause();
    this.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
  }

  /** The result of a command with `runOutputFlags`: JSON, the last NDJSON line, or what `text` gives. */
  protected result<T extends object>(value: T, text: (value: T) => string): void {
    if (this.#format === 'json') this.print(JSON.stringify(value, null, 2));
    else if (this.#format === 'ndjson') this.print(JSON.stringify({ type: 'result', ...value }));
    else this.print(text(value));
  }

  /** Prints what was done on hosts, and then fails with what failed of it. */
  protected async show<T extends object>({ value, text, error }: Shown<T>, format?: string): Promise<void> {
    if (format === 'yaml') {
      const { toYaml } = await import('../kube/yaml.ts');
      // As JSON has it: without what is undefined.
      this.print(toYaml(JSON.parse(JSON.stringify(value))));
    } else this.result(value, text);
    if (error !== undefined) throw error;
  }

  /** main.ts renders: oclif's own handling would print a second time. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }

  protected override async finally(): Promise<void> {
    await this.#context?.close();
    this.#reporter?.close();
  }
}
