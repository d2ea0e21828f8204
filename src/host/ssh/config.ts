import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { configError } from './config-lines.ts';
import { evaluateConfig, type RawSettings } from './config-match.ts';
import { expandPath, expandTokens, type Local } from './config-tokens.ts';
import { isSafeHost, isSafeUser, parseTarget, type Target } from './target.ts';

/** Everything ssh_config says about one host, with the defaults of ssh_config(5) filled in. */
export interface HostConfig {
  /** What the user wrote. */
  alias: string;
  /** What is connected to. */
  host: string;
  port: number;
  user: string;
  /** In the order they are tried. `explicit` when the user or the file named them. */
  identityFiles: { path: string; explicit: boolean }[];
  identitiesOnly: boolean;
  /** Socket of the agent; undefined for none. */
  agent?: string;
  /** The first one takes newly accepted keys. */
  userKnownHostsFiles: string[];
  globalKnownHostsFiles: string[];
  hostKeyAlias?: string;
  hashKnownHosts: boolean;
  /** `file:line` of `StrictHostKeyChecking yes`: unknown keys are refused without asking. */
  strictAt?: string;
  /** Hops in order, the first is connected to directly. */
  jumps: Target[];
  connectTimeoutMs?: number;
  bindAddress?: string;
  family?: 4 | 6;
  /** Directives that were left aside and may explain a refusal later. */
  notes: string[];
}

export interface ConfigOptions {
  /** Default: ~/.ssh/config, then /etc/ssh/ssh_config. The first value of a directive counts. */
  configFiles?: readonly string[];
  env: Record<string, string | undefined>;
}

const DEFAULT_IDENTITIES = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** Throws SshConfigUnsupported for what would lead elsewhere and cannot be honoured (ProxyCommand, Match exec …). */
export async function readHostConfig(target: Target, options: ConfigOptions): Promise<HostConfig> {
  const local = localFacts(options.env);
  const files = options.configFiles ?? [join(local.home, '.ssh', 'config'), '/etc/ssh/ssh_config'];
  for (const file of files) await refuseWritableByOthers(file);
  const raw = evaluateConfig(files, { target, local, read: readIfThere });
  return settle(target, raw, local, options.env);
}

function settle(target: Target, raw: RawSettings, local: Local, env: ConfigOptions['env']): HostConfig {
  const { first } = raw;
  const host = raw.host.toLowerCase(); // as OpenSSH does after HostName
  const user = target.user ?? first.user?.args[0] ?? local.user;
  const port = target.port ?? readPort(first.port) ?? 22;
  const tokens = {
    h: host,
    n: target.host,
    p: String(port),
    r: user,
    u: local.user,
    d: local.home,
    i: local.uid,
  };
  const paths = (directive: { args: string[]; where: string } | undefined, fallback: string[]): string[] =>
    (directive?.args ?? fallback)
      .filter((path) => path !== 'none')
      .map((path) => expandPath(path, tokens, local, env, directive?.where ?? 'defaults'));
  check(first.hostname?.where, isSafeHost(host), `HostName ${JSON.stringify(host)} is not a host name`);
  check(first.user?.where, isSafeUser(user), `User ${JSON.stringify(user)} is not a user name`);
  const timeout = Number(first.connecttimeout?.args[0]);
  const agent = agentSocket(first.identityagent, env, (path, where) =>
    expandPath(path, tokens, local, env, where),
  );
  return {
    alias: target.host,
    host,
    port,
    user,
    identityFiles:
      raw.identityFiles.length > 0
        ? raw.identityFiles.flatMap((d) => paths(d, []).map((path) => ({ path, explicit: true })))
        : DEFAULT_IDENTITIES.map((name) => ({ path: join(local.home, '.ssh', name), explicit: false })),
    identitiesOnly: isYes(first.identitiesonly),
    ...(agent ? { agent } : {}),
    userKnownHostsFiles: paths(first.userknownhostsfile, ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
    globalKnownHostsFiles: paths(first.globalknownhostsfile, [
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ]),
    ...(first.hostkeyalias ? { hostKeyAlias: first.hostkeyalias.args[0] as string } : {}),
    hashKnownHosts: isYes(first.hashknownhosts),
    ...(isYes(first.stricthostkeychecking) ? { strictAt: first.stricthostkeychecking?.where as string } : {}),
    jumps: first.proxyjump ? readJumps(first.proxyjump, tokens) : [],
    ...(timeout > 0 ? { connectTimeoutMs: timeout * 1000 } : {}),
    ...(first.bindaddress ? { bindAddress: first.bindaddress.args[0] as string } : {}),
    ...familyOf(first.addressfamily?.args[0]),
    notes: raw.notes,
  };
}

type Place = { args: string[]; where: string };

function readJumps(directive: Place, tokens: Record<string, string>): Target[] {
  const text = expandTokens(directive.args.join(''), tokens, directive.where);
  if (text.toLowerCase() === 'none') return [];
  return text.split(',').map((hop) => {
    try {
      return parseTarget(hop.replace(/^ssh:\/\//, ''));
    } catch (error) {
      throw configError(directive.where, `ProxyJump: ${(error as Error).message}`);
    }
  });
}

function agentSocket(
  directive: Place | undefined,
  env: ConfigOptions['env'],
  expand: (path: string, where: string) => string,
): string | undefined {
  const value = directive?.args[0];
  if (value === undefined || value === 'SSH_AUTH_SOCK') return env.SSH_AUTH_SOCK || undefined;
  if (value === 'none') return undefined;
  if (/^\$[A-Za-z_]\w*$/.test(value)) return env[value.slice(1)] || undefined;
  return expand(value, directive?.where ?? '');
}

function readPort(directive: Place | undefined): number | undefined {
  if (!directive) return undefined;
  const text = directive.args[0] ?? '';
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  check(directive.where, port >= 1 && port <= 65535, `Port ${JSON.stringify(text)} is not one of 1-65535`);
  return port;
}

function familyOf(value: string | undefined): { family?: 4 | 6 } {
  if (value?.toLowerCase() === 'inet') return { family: 4 };
  return value?.toLowerCase() === 'inet6' ? { family: 6 } : {};
}

function isYes(directive: Place | undefined): boolean {
  return /^(yes|true)$/i.test(directive?.args[0] ?? '');
}

function check(where: string | undefined, fine: boolean, reason: string): void {
  if (!fine) throw configError(where ?? 'the target', reason);
}

function localFacts(env: ConfigOptions['env']): Local {
  const uid = String(process.getuid?.() ?? 0);
  return { user: env.USER || env.LOGNAME || nameOfUid(), home: env.HOME || homedir(), uid };
}

function nameOfUid(): string {
  try {
    return userInfo().username;
  } catch {
    return 'root'; // a container's user id without a passwd entry
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw configError(file, (error as Error).message);
  }
}

/** As OpenSSH: whoever can write it can lead us to any host. */
async function refuseWritableByOthers(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  const uid = process.getuid?.() ?? 0;
  if (!found?.isFile()) return;
  if ((found.uid !== 0 && found.uid !== uid) || (found.mode & 0o022) !== 0)
    throw configError(file, 'others than its owner may write it', `chmod go-w ${file}`);
}
