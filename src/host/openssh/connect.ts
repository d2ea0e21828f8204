import type { Connection } from '../connection.ts';
import { whileBusy } from '../ssh/busy.ts';
import type { SshOptions } from '../ssh/options.ts';
import type { Route } from '../ssh/session-link.ts';
import { SshConnection } from '../ssh/ssh-connection.ts';
import { parseTarget, type Target } from '../ssh/target.ts';
import { OpenSshLink } from './link.ts';
import { type MasterContext, openMaster } from './master.ts';
import { resolvePeer } from './resolve.ts';

/**
 * The same as connectSsh by the system's ssh, for what OpenSSH alone does: ProxyCommand, every Match, host and user
 * certificates, hardware keys, GSSAPI. The configuration is read by ssh itself; `programs` is the folder
 * templates/ssh. Errors have the codes and exits of connectSsh.
 */
export async function connectOpenSsh(
  target: string | Target,
  options: SshOptions,
  programs: string,
): Promise<Connection> {
  const parsed = typeof target === 'string' ? parseTarget(target) : target;
  const env = { ...options.env, LC_ALL: 'C' };
  const peer = await resolvePeer(parsed, options, env);
  const context: MasterContext = { target: parsed, peer, options, env, programs };
  const first = await openRoute(context);
  return new SshConnection(first, { user: peer.user, config: peer, another: () => openRoute(context) });
}

function openRoute(context: MasterContext): Promise<Route> {
  return whileBusy(context.options.signal, async () => {
    const master = await openMaster(context);
    const link = new OpenSshLink(master, context.peer, context.env);
    return { link, address: master.address, end: () => link.end() };
  });
}
