import type { Connection } from '../connection.ts';
import type { HostConfig } from './config.ts';
import type { SshOptions } from './options.ts';
import { openRoute, planRoute } from './route.ts';
import { SshConnection } from './ssh-connection.ts';
import { parseTarget, type Target } from './target.ts';

export type { SshOptions } from './options.ts';

/**
 * Connects, verifies the host key and logs in. Errors are KubewrightErrors with exit hostUnreachable, hostKey,
 * authentication or invalidInput (target and ssh_config).
 */
export async function connectSsh(target: string | Target, options: SshOptions): Promise<Connection> {
  const parsed = typeof target === 'string' ? parseTarget(target) : target;
  const route = await planRoute(parsed, options);
  const config = route.at(-1) as HostConfig;
  const first = await openRoute(route, options);
  return new SshConnection(first, {
    user: config.user,
    config,
    another: () => openRoute(route, options),
  });
}
