import type { Duplex } from 'node:stream';
import { KubewrightError } from '../../base/errors.ts';
import { whileBusy } from './busy.ts';
import { type ConfigOptions, type HostConfig, readHostConfig } from './config.ts';
import { Link } from './link.ts';
import { type LoginOptions, login } from './login.ts';
import { DEFAULT_KEEPALIVE_MS, type SshOptions } from './options.ts';
import { MAX_SESSIONS, type Route } from './session-link.ts';
import { openSocket } from './socket.ts';
import { formatTarget, type Target } from './target.ts';

const DEFAULT_TIMEOUT_MS = 15_000;
const MAX_HOPS = 8;

/** The configuration of every hop; the last is the target. Each hop may have a ProxyJump of its own. */
export async function planRoute(
  target: Target,
  options: ConfigOptions,
  via?: readonly Target[],
  depth = 0,
): Promise<HostConfig[]> {
  const config = await readHostConfig(target, options);
  const jumps = via ?? config.jumps;
  const last = jumps.at(-1);
  if (!last) return [config];
  const before = jumps.slice(0, -1);
  if (depth >= MAX_HOPS) throw tooManyHops(target);
  const hops = await planRoute(last, options, before.length > 0 ? before : undefined, depth + 1);
  return [...hops, config];
}

/** Opens one hop after the other, each through the one before; what was opened is closed when a later one fails. */
export async function openRoute(route: readonly HostConfig[], options: SshOptions): Promise<Route> {
  let reached: Route | undefined;
  for (const config of route) {
    const previous = reached;
    try {
      reached = await openHop(config, previous, options);
    } catch (error) {
      await previous?.end();
      throw error;
    }
  }
  return reached as Route;
}

async function openHop(config: HostConfig, previous: Route | undefined, options: SshOptions): Promise<Route> {
  const timeoutMs = options.connectTimeoutMs ?? config.connectTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  const keepaliveMs = options.keepaliveMs ?? DEFAULT_KEEPALIVE_MS;
  const loginOptions: LoginOptions = { ...options, timeoutMs, keepaliveMs };
  return whileBusy(options.signal, async () => {
    const { stream, address } = await reach(config, previous, timeoutMs, options.signal);
    const client = await login(config, stream, address, loginOptions);
    const link = new Link(client, stream, config, { limit: MAX_SESSIONS, keepaliveMs });
    const end = async () => {
      await link.end();
      await previous?.end();
    };
    return { link, address, end };
  });
}

async function reach(
  config: HostConfig,
  previous: Route | undefined,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<{ stream: Duplex; address: string }> {
  if (previous) return { stream: await previous.link.tunnel(config.host, config.port), address: config.host };
  const socket = await openSocket(config, timeoutMs, signal);
  return { stream: socket, address: socket.remoteAddress ?? config.host };
}

function tooManyHops(target: Target): KubewrightError {
  return new KubewrightError({
    code: 'SshConfigUnsupported',
    message: `ProxyJump goes through more than ${MAX_HOPS} hosts, or in a circle, at ${formatTarget(target)}`,
    hint: 'look for a ProxyJump that also matches the jump host itself',
    exit: 'invalidInput',
  });
}
