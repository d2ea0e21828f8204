import { DEFAULT_KEEPALIVE_MS, type SshOptions } from '../ssh/options.ts';
import type { Target } from '../ssh/target.ts';
import type { Peer } from './resolve.ts';

const DEFAULT_TIMEOUT_MS = 15_000;
/** Unanswered keepalives until the other side counts as gone. */
const PATIENCE = 3;
/** Printed by the master when it is logged in and its socket listens (LocalCommand runs after both). */
export const READY = 'kubewright-master-ready';

/** `-o NAME=VALUE` wins over every file. */
const option = (name: string, value: string | number): string[] => ['-o', `${name}=${value}`];

/** Which host is meant, by which configuration. parseTarget has refused whatever could be read as an option. */
export function destination(target: Target, options: SshOptions): string[] {
  const [file] = options.configFiles ?? [];
  const config = options.configFiles === undefined ? [] : ['-F', file ?? 'none'];
  return [
    ...config,
    ...(options.identityFile ? ['-i', options.identityFile] : []),
    ...(options.knownHostsFile ? option('UserKnownHostsFile', options.knownHostsFile) : []),
    ...(target.user === undefined ? [] : ['-l', target.user]),
    ...(target.port === undefined ? [] : ['-p', String(target.port)]),
    '--',
    target.host,
  ];
}

/** A master that does nothing but listen on `socket`. Whatever else ssh_config lets a login do is off. */
export function masterArguments(socket: string, log: string, peer: Peer, options: SshOptions): string[] {
  const timeoutMs = timeoutOf(peer, options);
  return [
    ...['-v', '-E', log, '-M', '-S', socket, '-N', '-T'],
    ...option('ControlPersist', 'no'),
    ...option('ConnectTimeout', Math.ceil(timeoutMs / 1000)),
    ...option('ServerAliveInterval', Math.ceil((options.keepaliveMs ?? DEFAULT_KEEPALIVE_MS) / 1000)),
    ...option('ServerAliveCountMax', PATIENCE),
    ...option('StrictHostKeyChecking', hostKeyPolicy(peer, options)),
    ...option('UpdateHostKeys', 'no'),
    ...option('PermitLocalCommand', 'yes'),
    ...option('LocalCommand', `echo ${READY}`),
    ...option('RemoteCommand', 'none'),
    ...option('ForkAfterAuthentication', 'no'),
    ...option('ClearAllForwardings', 'yes'),
    ...option('ForwardAgent', 'no'),
    ...option('ForwardX11', 'no'),
    ...option('Tunnel', 'no'),
    ...option('EscapeChar', 'none'),
  ];
}

/** Through the master alone: where it is gone, nothing may connect by itself to whatever is called `master`. */
export function clientArguments(socket: string, log: string): string[] {
  return [
    ...['-F', 'none', '-vv', '-E', log, '-S', socket, '-T'],
    ...option('ControlMaster', 'no'),
    ...option('ProxyCommand', 'false'),
    ...option('BatchMode', 'yes'),
  ];
}

export const MASTER_ALIAS = 'master';

export function timeoutOf(peer: Peer, options: SshOptions): number {
  return options.connectTimeoutMs ?? peer.connectTimeoutMs ?? DEFAULT_TIMEOUT_MS;
}

/** A file may forbid new keys; none may let a changed or unasked one pass. */
function hostKeyPolicy(peer: Peer, options: SshOptions): string {
  if (peer.strict) return 'yes';
  return options.acceptNewHostKeys ? 'accept-new' : 'ask';
}
