import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Store } from '../artifacts/store.ts';
import { cacheDir } from '../base/dirs.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import type { ArtifactsSpec } from '../cluster/spec/sections.ts';
import type { Connection } from '../host/connection.ts';
import type { Fault } from '../host/fault.ts';
import type { Host } from '../host/port.ts';
import type { SshOptions } from '../host/ssh/connect.ts';
import type { SshPrompts } from '../host/ssh/prompts.ts';
import type { Target } from '../host/ssh/target.ts';
import type { ApiClient, ApiEndpoint } from '../kube/port.ts';
import { withTimeout } from '../kube/with-timeout.ts';
import type { LabHost } from '../lab/port.ts';
import type { Reporter } from '../output/events.ts';
import type { ClosableReporter } from '../output/reporters/choose.ts';
import { artifactsChoice } from './artifacts-choice.ts';
import type { ContextFlags } from './flags.ts';
import { heldPrompts, type Prompts } from './held-prompts.ts';
import { requestTimeout } from './request-timeout.ts';
import type { Runtime } from './runtime.ts';
import { readLocalFile, readSecret } from './secrets.ts';
import { sshPrompts } from './ssh-prompts.ts';
import { sudoPasswords } from './sudo-password.ts';

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
  /** The lab host of that name (in the lab of `--lab`), where there is one. */
  labHost(target: string): Promise<LabHost | undefined>;
  /** How the kubeconfig and the flags say that the API server is reached. */
  endpoint(): Promise<ApiEndpoint>;
  /** One client a command, by kubeconfig and flags. */
  apiClient(): Promise<ApiClient>;
  /** Executables and images, downloaded or built where they are not in the cache; flags and environment win. */
  store(): Promise<Store>;
  /**
   * The same adapters as the workflows of src/cluster ask for them. `file`: the cluster file as it was named, from whose
   * folder the files that it names are seen; without one that is the working folder.
   */
  clusterPorts(file?: string): Promise<ClusterPorts>;
  close(): Promise<void>;
}

export interface ContextOptions {
  flags: ContextFlags;
  runtime: Runtime;
  reporter: ClosableReporter;
  root: string;
  /** The command's id, for the API server's audit log. */
  command: string;
}

export function createContext(options: ContextOptions): CliContext {
  return new RealContext(options);
}

type Watch = (client: ApiClient) => ApiClient;

/** KUBEWRIGHT_LEASE_SECONDS is for tests: with it a run that is not heard of loses its locks sooner. */
function lockOptions(env: Runtime['env'], flags: ContextFlags): NonNullable<ClusterPorts['lock']> {
  const { 'wait-for-lock': waitSeconds } = flags;
  const leaseSeconds = Number(env.KUBEWRIGHT_LEASE_SECONDS);
  return {
    ...(waitSeconds === undefined ? {} : { waitSeconds }),
    ...(leaseSeconds >= 1 ? { leaseSeconds } : {}),
  };
}

class RealContext implements CliContext {
  readonly env: Runtime['env'];
  readonly reporter: ClosableReporter;
  readonly root: string;
  readonly #flags: ContextFlags;
  readonly #runtime: Runtime;
  readonly #command: string;
  readonly #sudoPassword: (target: string) => () => Promise<string | undefined>;
  readonly #opened: { close(): Promise<void> }[] = [];
  #client: Promise<ApiClient> | undefined;
  readonly #stores = new Map<string, Promise<Store>>();
  /** One for all who ask: they wait for each other there. */
  #prompts: Promise<Prompts> | undefined;
  #sshPrompts: Promise<SshPrompts> | undefined;
  #watch: Promise<Watch> | undefined;

  constructor({ flags, runtime, reporter, root, command }: ContextOptions) {
    this.env = runtime.env;
    this.reporter = reporter;
    this.root = root;
    this.#flags = flags;
    this.#runtime = runtime;
    this.#command = command;
    this.#sudoPassword = sudoPasswords(flags, () => this.prompts());
  }

  get signal(): AbortSignal {
    return this.#runtime.signal;
  }

  async prompts(): Promise<Prompts | undefined> {
    if (!this.#runtime.stdin.isTTY || !this.#runtime.stderr.isTTY) return undefined;
    this.#prompts ??= import('./prompts.ts').then(({ terminalPrompts }) =>
      heldPrompts(terminalPrompts(this.#runtime), this.reporter),
    );
    return this.#prompts;
  }

  async labHost(target: string): Promise<LabHost | undefined> {
    const { findLabHost } = await import('../lab/find.ts');
    return findLabHost(target, this.env, this.#flags.lab);
  }

  async openHost(target: string): Promise<Host> {
    const [{ openHost }, fault] = await Promise.all([import('../host/session.ts'), this.#fault()]);
    const connect = await this.#connector(target);
    const host = await openHost(target, connect, { fault, sudoPassword: this.#sudoPassword(target) });
    this.#opened.push(host);
    return host;
  }

  async #fault(): Promise<Fault | undefined> {
    const { parseFault } = await import('../host/fault.ts');
    return parseFault(this.env.KUBEWRIGHT_FAULT, this.env.KUBEWRIGHT_FAULT_LIST);
  }

  /** A lab's name wins over ssh_config, and nothing of the user's ssh_config touches a lab host. */
  async #connector(target: string): Promise<() => Promise<Connection>> {
    if (target === 'local') {
      const { connectLocal } = await import('../host/local/connection.ts');
      return () => connectLocal();
    }
    const common: SshOptions = {
      acceptNewHostKeys: this.#flags['accept-new-host-keys'] ?? false,
      prompts: await this.#questions(),
      env: this.env,
      signal: this.signal,
    };
    const lab = await this.labHost(target);
    if (lab) {
      const { user, address: host, port, identityFile, knownHostsFile } = lab;
      const options = { ...common, configFiles: [], identityFile, knownHostsFile };
      return this.#ssh({ user, host, port }, options);
    }
    const { 'identity-file': identityFile, 'ssh-config': file } = this.#flags;
    const configFiles = file === undefined ? undefined : [file];
    return this.#ssh(target, { ...common, identityFile, configFiles });
  }

  /** By ssh2, or by the system's ssh where that is asked for, or where the configuration needs it. */
  async #ssh(target: string | Target, options: SshOptions): Promise<() => Promise<Connection>> {
    const chosen = this.#flags['ssh-client'] ?? 'auto';
    if (chosen === 'auto') {
      const { openSshReason } = await import('../host/ssh/needs-openssh.ts');
      const why = await openSshReason(target, options);
      if (why === undefined) return this.#ssh2(target, options);
      this.reporter.emit({ type: 'message', level: 'info', text: `The system's ssh is used: ${why}` });
    }
    if (chosen === 'ssh2') return this.#ssh2(target, options);
    const { connectOpenSsh } = await import('../host/openssh/connect.ts');
    return () => connectOpenSsh(target, options, join(this.root, 'templates/ssh'));
  }

  async #ssh2(target: string | Target, options: SshOptions): Promise<() => Promise<Connection>> {
    const { connectSsh } = await import('../host/ssh/connect.ts');
    return () => connectSsh(target, options);
  }

  /** Shared by all hosts, so that one passphrase is asked for once. */
  #questions(): Promise<SshPrompts> {
    this.#sshPrompts ??= import('../host/ssh/prompts.ts').then(({ rememberAnswers }) =>
      rememberAnswers(sshPrompts(() => this.prompts(), this.#warn)),
    );
    return this.#sshPrompts;
  }

  async endpoint(): Promise<ApiEndpoint> {
    const { loadEndpoint } = await import('../kube/kubeconfig/endpoint.ts');
    const { as: user, 'as-group': groups, ...flags } = this.#flags;
    const { kubeconfig, context, cluster, user: entry, server, token, namespace } = flags;
    const as = user === undefined && groups === undefined ? undefined : { user, groups };
    const interactive = this.#runtime.stdin.isTTY === true;
    const asked = { kubeconfig, context, cluster, user: entry, server, token, namespace, as };
    return loadEndpoint({ ...asked, env: this.env, interactive, warn: this.#warn });
  }

  apiClient(): Promise<ApiClient> {
    this.#client ??= this.#connectApi();
    return this.#client;
  }

  async #connectApi(): Promise<ApiClient> {
    const timeout = requestTimeout(this.#flags['request-timeout']);
    const [{ createApiClient }, endpoint, watched] = await Promise.all([
      import('../kube/client.ts'),
      this.endpoint(),
      this.#killPoints(),
    ]);
    return withTimeout(watched(this.#makeClient(createApiClient, endpoint)), timeout);
  }

  #makeClient(create: typeof import('../kube/client.ts').createApiClient, endpoint: ApiEndpoint): ApiClient {
    const discovery = join(cacheDir(this.env), 'discovery');
    const client = create(endpoint, {
      env: this.env,
      cacheDir: discovery,
      command: this.#command,
      warn: this.#warn,
    });
    this.#opened.push(client);
    return client;
  }

  store(): Promise<Store> {
    return this.#storeOf(artifactsChoice(this.#flags, this.env));
  }

  #storeOf({ source, mirror }: Pick<ArtifactsSpec, 'source' | 'mirror'>): Promise<Store> {
    const choice = { source, mirror };
    const key = JSON.stringify(choice);
    const store =
      this.#stores.get(key) ??
      import('../artifacts/store.ts').then(({ openStore }) =>
        openStore({ choice, env: this.env, reporter: this.reporter, signal: this.signal }),
      );
    this.#stores.set(key, store);
    return store;
  }

  async clusterPorts(file?: string): Promise<ClusterPorts> {
    const folder = dirname(resolve(this.#runtime.cwd, file ?? '-'));
    const [{ createApiClient }, watched] = await Promise.all([
      import('../kube/client.ts'),
      this.#killPoints(),
    ]);
    return {
      openHost: (target) => this.openHost(target),
      labDefaults: async (target) => {
        // With --lab, a lab's host that works on itself is known there by its own name.
        const name = target === 'local' && this.#flags.lab ? hostname() : target;
        return (await this.labHost(name))?.defaults;
      },
      apiClient: (endpoint) => watched(this.#makeClient(createApiClient, endpoint)),
      artifacts: async (wanted) => {
        const choice = artifactsChoice(this.#flags, this.env, wanted);
        return { choice, store: await this.#storeOf(choice) };
      },
      secret: (source) => readSecret(this.env, source),
      localFile: (path) => readLocalFile(resolve(folder, path)),
      lock: lockOptions(this.env, this.#flags),
      reporter: this.reporter,
      signal: this.signal,
      now: () => new Date(),
    };
  }

  /** Only where an accident is planned, or its places are counted. */
  #killPoints(): Promise<Watch> {
    this.#watch ??= this.#watchRequests();
    return this.#watch;
  }

  async #watchRequests(): Promise<Watch> {
    if (!this.env.KUBEWRIGHT_FAULT && !this.env.KUBEWRIGHT_FAULT_LIST) return (client) => client;
    const [{ FaultHook }, { withKillPoints }] = await Promise.all([
      import('../host/fault.ts'),
      import('../kube/kill-points.ts'),
    ]);
    const hook = new FaultHook(await this.#fault());
    return (client) => withKillPoints(client, hook);
  }

  readonly #warn = (text: string) => this.reporter.emit({ type: 'message', level: 'warning', text });

  async close(): Promise<void> {
    // Last opened, first closed: clients go before the connections that they are tunnelled through.
    for (const each of this.#opened.toReversed()) await each.close().catch(() => undefined);
  }
}
