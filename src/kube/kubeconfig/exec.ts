import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { KubewrightError } from '../../base/errors.ts';
import { kubeconfigError } from './failures.ts';
import type { ClusterEntry, ExecEntry } from './model.ts';

const API = 'client.authentication.k8s.io/';
const OUTPUT_BYTES = 1024 * 1024;
const SILENT_MS = 60_000;
/** Someone may have to log in with a browser or a token device. */
const INTERACTIVE_MS = 300_000;
const EARLY_MS = 30_000;

export interface ExecContext {
  entry: ExecEntry;
  user: string;
  kubeconfig: string;
  cluster: ClusterEntry & { ca?: string };
  env: Record<string, string | undefined>;
  /** Whether somebody can answer on standard input. */
  interactive: boolean;
  timeoutMs?: number;
}

export interface ExecCredential {
  token?: string;
  certificate?: { cert: string; key: string };
  /** Milliseconds since 1970; undefined: good for the whole run. */
  expires?: number;
}

/** Runs the plugin when its credential is asked for, and again shortly before that expires. */
export class ExecPlugin {
  #last: ExecCredential | undefined;
  #running: Promise<ExecCredential> | undefined;
  readonly #context: ExecContext;

  constructor(context: ExecContext) {
    this.#context = context;
  }

  /** Many requests may find the credential stale at once: one run of the plugin serves them all. */
  async credential(refused = false): Promise<ExecCredential> {
    const last = this.#last;
    const expired = last?.expires !== undefined && last.expires - EARLY_MS < Date.now();
    if (last && !refused && !expired) return last;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<ExecCredential> {
    try {
      this.#last = await runPlugin(this.#context);
      return this.#last;
    } finally {
      this.#running = undefined;
    }
  }
}

export async function runPlugin(context: ExecContext): Promise<ExecCredential> {
  const { entry } = context;
  if (![`${API}v1`, `${API}v1beta1`].includes(entry.apiVersion))
    throw failed(context, `wants ${entry.apiVersion || 'no API version'}; known are ${API}v1 and v1beta1`);
  const mode = entry.interactiveMode ?? 'IfAvailable';
  if (mode === 'Always' && !context.interactive)
    throw failed(context, 'has to ask something, and there is no terminal', 'run it once in a terminal');
  const output = await run(context, mode !== 'Never' && context.interactive);
  return parseCredential(context, output);
}

function run(context: ExecContext, interactive: boolean): Promise<string> {
  const { entry, env } = context;
  const command = entry.command.includes('/')
    ? resolve(dirname(context.kubeconfig), entry.command)
    : entry.command;
  const limit = context.timeoutMs ?? (interactive ? INTERACTIVE_MS : SILENT_MS);
  return new Promise((fulfil, reject) => {
    const child = spawn(command, entry.args ?? [], {
      stdio: [interactive ? 'inherit' : 'ignore', 'pipe', interactive ? 'inherit' : 'pipe'],
      env: { ...env, ...own(entry), KUBERNETES_EXEC_INFO: JSON.stringify(info(context, interactive)) },
    });
    let stdout = '';
    let stderr = '';
    const end = (error: KubewrightError) => {
      child.kill('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
      reject(error);
    };
    const timer = setTimeout(() => end(failed(context, `did not end within ${limit / 1000} s`)), limit);
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.length > OUTPUT_BYTES) end(failed(context, 'printed more than 1 MiB'));
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-2000);
    });
    child.once('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(missing(context, command, cause));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) fulfil(stdout);
      else reject(failed(context, `ended with ${signal ?? code}`, undefined, stderr.trim()));
    });
  });
}

const own = (entry: ExecEntry) =>
  Object.fromEntries((entry.env ?? []).map(({ name, value }) => [name, value]));

function info({ entry, cluster }: ExecContext, interactive: boolean) {
  const spec: Record<string, unknown> = { interactive };
  if (entry.provideClusterInfo) {
    const extension = cluster.extensions?.find((e) => e.name === `${API}exec`)?.extension;
    spec.cluster = {
      server: cluster.server,
      'tls-server-name': cluster['tls-server-name'],
      'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
      'certificate-authority-data': cluster.ca && Buffer.from(cluster.ca).toString('base64'),
      'proxy-url': cluster['proxy-url'],
      config: extension,
    };
  }
  return { apiVersion: entry.apiVersion, kind: 'ExecCredential', spec };
}

interface Printed {
  kind?: string;
  apiVersion?: string;
  status?: {
    token?: string;
    clientCertificateData?: string;
    clientKeyData?: string;
    expirationTimestamp?: string;
  };
}

function parseCredential(context: ExecContext, output: string): ExecCredential {
  let printed: Printed;
  try {
    printed = JSON.parse(output) as Printed;
  } catch {
    throw failed(context, 'printed something that is not JSON');
  }
  if (printed?.kind !== 'ExecCredential' || !printed.status)
    throw failed(context, 'printed no ExecCredential with a status');
  if (printed.apiVersion !== context.entry.apiVersion)
    throw failed(context, `answered as ${printed.apiVersion}, not ${context.entry.apiVersion}`);
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = printed.status;
  if (!token && !(cert && key)) throw failed(context, 'gave neither a token nor a certificate with its key');
  const expires = expirationTimestamp ? Date.parse(expirationTimestamp) : Number.NaN;
  return {
    token,
    certificate: cert && key ? { cert, key } : undefined,
    expires: Number.isNaN(expires) ? undefined : expires,
  };
}

function missing(context: ExecContext, command: string, cause: NodeJS.ErrnoException): KubewrightError {
  if (cause.code !== 'ENOENT') return failed(context, `cannot be started (${cause.code})`);
  const searched = (context.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, command)));
  const why = searched ? 'cannot be started: its interpreter is missing' : 'is not installed';
  return failed(context, why, context.entry.installHint);
}

/** Output of the plugin other than its errors may hold a token and is never shown. */
function failed(context: ExecContext, why: string, hint?: string, evidence?: string): KubewrightError {
  return kubeconfigError(
    'ExecPluginFailed',
    `the credential plugin ${context.entry.command} of user "${context.user}" ${why}`,
    {
      hint,
      evidence: evidence || undefined,
    },
  );
}
