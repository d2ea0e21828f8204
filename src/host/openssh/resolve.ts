import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { configError } from '../ssh/config-lines.ts';
import type { SshOptions } from '../ssh/options.ts';
import type { Target } from '../ssh/target.ts';
import { destination } from './arguments.ts';
import { programMissing } from './failure.ts';

const ask = promisify(execFile);
/** A `Match exec` may run anything. */
const RESOLVE_MS = 30_000;

/** What OpenSSH makes of its configuration for one host, as far as messages and our own options need it. */
export interface Peer {
  /** What the user wrote. */
  alias: string;
  host: string;
  port: number;
  user: string;
  /** `StrictHostKeyChecking yes`: new keys are not accepted, whatever we are told. */
  strict: boolean;
  connectTimeoutMs?: number;
}

/** Asks `ssh -G`, which connects nowhere (Match exec may run what the user's file names). */
export async function resolvePeer(
  target: Target,
  options: SshOptions,
  env: NodeJS.ProcessEnv,
  limitMs = RESOLVE_MS,
): Promise<Peer> {
  const { stdout } = await ask('ssh', ['-G', ...destination(target, options)], {
    env,
    timeout: limitMs,
    signal: options.signal,
  }).catch((error: NodeJS.ErrnoException & { stderr?: string; killed?: boolean }) => {
    options.signal?.throwIfAborted();
    if (error.code === 'ENOENT') throw programMissing(target.host);
    if (error.killed) throw hangs(target.host, limitMs);
    throw configError('ssh_config', error.stderr?.trim() || error.message);
  });
  const values = new Map(stdout.split('\n').map((line) => splitOnce(line)));
  const timeout = Number(values.get('connecttimeout'));
  return {
    alias: target.host,
    host: values.get('hostname') ?? target.host,
    port: Number(values.get('port') ?? 22),
    user: values.get('user') ?? '',
    strict: /^(true|yes)$/.test(values.get('stricthostkeychecking') ?? ''),
    ...(timeout > 0 ? { connectTimeoutMs: timeout * 1000 } : {}),
  };
}

function hangs(host: string, limitMs: number) {
  return configError(
    'ssh_config',
    `ssh -G ${host} did not end within ${limitMs / 1000} s`,
    'a command of a "Match exec" hangs: mend it, or take it out',
  );
}

function splitOnce(line: string): [string, string] {
  const space = line.indexOf(' ');
  return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
}
