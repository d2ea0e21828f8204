import type { Host } from '../host/port.ts';
import type { ApiClient } from '../kube/port.ts';
import type { LabHost } from '../lab/port.ts';
import type { Reporter } from '../output/events.ts';
import type { ContextFlags } from './flags.ts';
import type { Prompts } from './prompts.ts';
import type { Runtime } from './runtime.ts';

/** The real adapters, made from a command's flags when they are first asked for. The only place that makes them. */
export interface CliContext {
  readonly env: Runtime['env'];
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
  /** Folder of the package: templates/ and components/ lie there, from sources as from dist. */
  readonly root: string;
  /** undefined where there is no terminal: then nothing can be asked, and what is missing is an error. */
  prompts(): Promise<Prompts | undefined>;
  /** `[user@]host[:port]`, a name of ssh_config, a lab host, or `local`. Closed with the context. */
  openHost(target: string): Promise<Host>;
  /** The lab host of that name (and of `--lab`), where there is one. */
  labHost(target: string): Promise<LabHost | undefined>;
  /** One client a command, by kubeconfig and flags. */
  apiClient(): Promise<ApiClient>;
  close(): Promise<void>;
}

export interface ContextOptions {
  flags: ContextFlags;
  runtime: Runtime;
  reporter: Reporter;
  root: string;
}

export function createContext(options: ContextOptions): CliContext {
  const { runtime, reporter, root } = options;
  const closing: { close(): Promise<void> }[] = [];
  return {
    env: runtime.env,
    get signal() {
      return runtime.signal;
    },
    reporter,
    root,
    async prompts() {
      if (!runtime.stdin.isTTY || !runtime.stderr.isTTY) return undefined;
      const { terminalPrompts } = await import('./prompts.ts');
      return terminalPrompts(runtime);
    },
    async labHost(target) {
      throw new Error(`not wired yet: ${target}`);
    },
    async openHost(target) {
      throw new Error(`not wired yet: ${target}`);
    },
    async apiClient() {
      throw new Error('not wired yet');
    },
    async close() {
      await Promise.allSettled(closing.map((each) => each.close()));
    },
  };
}
