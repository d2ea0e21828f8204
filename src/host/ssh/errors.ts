import { KubewrightError } from '../../base/errors.ts';
import { quote } from '../../base/quote.ts';
import type { HostConfig } from './config.ts';

/** What messages say of the other side. */
export type Peer = Pick<HostConfig, 'alias' | 'host' | 'port' | 'user'>;

/** What was seen of the other side before it failed. */
export interface Seen {
  /** The first bytes it sent. */
  opening: Buffer;
  /** `publickey …: refused`, one an attempt. */
  tried: readonly string[];
  address: string;
  /** How far it came. */
  stage: 'greeting' | 'handshake' | 'authentication' | 'ready';
}

/**
 * Resolving and opening the TCP connection, all with exit hostUnreachable. Code HostUnreachable for what may pass by
 * itself (refused, no route, no answer, ended early): a session that reconnects tries again on that code alone.
 */
export function connectError(config: Peer, cause: Error, via?: string): KubewrightError {
  const codes = codesOf(cause);
  const to = `${config.host} port ${config.port}${via ? ` through ${via}` : ''}`;
  const make = (code: string, message: string, hint: string) =>
    unreachable(config, { code, message, hint, evidence: cause.message || codes.join(', '), cause });
  if (codes.includes('ENOTFOUND') || codes.includes('EAI_AGAIN'))
    return make(
      'HostNameUnknown',
      `no address is known for ${config.host}`,
      `getent hosts ${quote([config.host])}`,
    );
  if (codes.includes('ECONNREFUSED'))
    return make(
      'HostUnreachable',
      `${to} refused the connection: no SSH server listens there`,
      'on the host: systemctl status ssh sshd; or name the port as HOST:PORT',
    );
  if (codes.some((code) => code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL'))
    return make('HostUnreachable', `there is no route to ${to}`, `ip route get ${quote([config.host])}`);
  if (codes.includes('ETIMEDOUT'))
    return make(
      'HostUnreachable',
      `${to} did not answer in time: it is down, or a firewall drops the packets`,
      verbose(config),
    );
  return make('HostUnreachable', `cannot connect to ${to}: ${cause.message}`, verbose(config));
}

/** From the first byte to the end of the login. */
export function loginError(config: Peer, cause: Error & { level?: string }, seen: Seen): KubewrightError {
  const text = cause.message;
  if (cause.level === 'client-authentication' || /authentication failures|auth fail/i.test(text))
    return authenticationError(config, seen, text, cause);
  if (!opensAsSsh(seen.opening)) return notSsh(config, seen, cause);
  if (/no matching|handshake failed|key exchange|unsupported/i.test(text) && seen.stage !== 'authentication')
    return unreachable(config, {
      code: 'SshHandshakeFailed',
      message: `${config.alias} and this tool have no SSH algorithms in common, or the handshake was damaged`,
      hint: verbose(config),
      evidence: `${firstLine(seen.opening)}\n${text}`,
      cause,
    });
  if (seen.stage === 'authentication' && seen.tried.length > 0 && !/tim(ed|e) ?out/i.test(text))
    return authenticationError(config, seen, text, cause);
  return unreachable(config, {
    code: 'HostUnreachable',
    message: `${config.alias} (${seen.address}) ended the SSH ${seen.stage} early: ${text}`,
    hint: verbose(config),
    evidence: [firstLine(seen.opening), ...seen.tried].join('\n'),
    cause,
  });
}

/** After the login: the connection went away. */
export function connectionLost(config: Peer, cause?: Error): KubewrightError {
  return new KubewrightError({
    code: 'ConnectionLost',
    message: `the SSH connection to ${config.alias} was lost${cause ? `: ${cause.message}` : ''}`,
    hint: 'run the same command again: it goes on where it stopped',
    host: config.alias,
    exit: 'connectionLost',
    cause,
  });
}

/** The server would not open one more session, although none of ours is open. */
export function sessionRefused(config: Peer, cause: Error): KubewrightError {
  return new KubewrightError({
    code: 'SessionRefused',
    message: `${config.alias} opens no session: ${cause.message}`,
    hint: 'on the host: sshd -T | grep -iE "maxsessions|forcecommand|permittty"',
    host: config.alias,
    exit: 'hostUnreachable',
    cause,
  });
}

export function tunnelRefused(config: Peer, to: string, cause: Error): KubewrightError {
  const forbidden = /prohibited/i.test(cause.message);
  return new KubewrightError({
    code: forbidden ? 'TunnelForbidden' : 'TunnelRefused',
    message: `${config.alias} ${forbidden ? 'does not allow tunnels' : `cannot reach ${to}`}: ${cause.message}`,
    hint: forbidden
      ? 'on the host: sshd -T | grep -iE "allowtcpforwarding|disableforwarding|permitopen"'
      : undefined,
    host: config.alias,
    exit: 'hostUnreachable',
    cause,
  });
}

/** True where the server turned us away for having too many logins under way (MaxStartups): worth another try. */
export function isBusy(seen: Seen, cause: Error): boolean {
  if (seen.stage !== 'greeting') return false;
  const opening = seen.opening.toString('latin1');
  if (/MaxStartups|Not allowed at this time/i.test(opening)) return true;
  return opening === '' && /lost before handshake|ECONNRESET|socket hang up|closed/i.test(cause.message);
}

export function authenticationError(config: Peer, seen: Seen, text: string, cause: Error): KubewrightError {
  const tooMany = /too many/i.test(text);
  return new KubewrightError({
    code: 'AuthenticationFailed',
    message: `${config.alias} (${seen.address}) refused to log in ${config.user}`,
    hint: tooMany
      ? 'too many keys were offered: name the right one with --identity-file, or set IdentitiesOnly yes'
      : `name the key with --identity-file or the user as USER@HOST; try: ${verbose(config)}`,
    host: config.alias,
    evidence:
      [...seen.tried, ...(tooMany ? [text] : [])].join('\n') || 'nothing could be tried: no agent, no key',
    exit: 'authentication',
    cause,
  });
}

function notSsh(config: Peer, seen: Seen, cause: Error): KubewrightError {
  const empty = seen.opening.length === 0;
  return unreachable(config, {
    code: empty ? 'HostUnreachable' : 'NotAnSshServer',
    message: empty
      ? `${seen.address} port ${config.port} took the connection but said nothing: ${cause.message}`
      : `what listens on ${seen.address} port ${config.port} is not an SSH server`,
    hint: empty ? verbose(config) : 'check the port: HOST:PORT, or Port in ssh_config',
    evidence: empty ? undefined : firstLine(seen.opening),
    cause,
  });
}

function unreachable(
  config: Peer,
  details: { code: string; message: string; hint: string; evidence?: string; cause: Error },
): KubewrightError {
  return new KubewrightError({ ...details, host: config.alias, exit: 'hostUnreachable' });
}

function verbose(config: Peer): string {
  return quote(['ssh', '-v', '-p', String(config.port), `${config.user}@${config.alias}`, 'true']);
}

function opensAsSsh(opening: Buffer): boolean {
  return /^SSH-(2\.0|1\.99)-/m.test(opening.toString('latin1'));
}

/** Quoted, so that nothing in it can move the cursor. */
function firstLine(opening: Buffer): string {
  return JSON.stringify(opening.toString('latin1').split(/\r?\n/)[0]?.slice(0, 200) ?? '');
}

function codesOf(error: Error & { code?: string; errors?: Error[] }): string[] {
  return [error, ...(error.errors ?? [])].flatMap((e: Error & { code?: string }) => (e.code ? [e.code] : []));
}
