import { isIP } from 'node:net';
import { KubewrightError } from '../../base/errors.ts';

/** Where to connect, as the user wrote it: the host may still be an alias of ssh_config. */
export interface Target {
  host: string;
  user?: string;
  port?: number;
}

/**
 * Reads `[user@]host[:port]`; an IPv6 address with a port needs brackets, `[fd00::1]:22`, as in OpenSSH.
 * Anything that a shell, ssh_config token or terminal could read as something else is refused
 * (CVE-2023-51385 is what happens otherwise). Throws InvalidTarget, exit invalidInput.
 */
export function parseTarget(text: string): Target {
  const at = text.lastIndexOf('@');
  const user = at < 0 ? undefined : text.slice(0, at);
  const [host, port] = splitPort(text, text.slice(at + 1));
  if (user !== undefined) checkUser(text, user);
  checkHost(text, host);
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}

/** The same form again; what messages and `ssh` commands in hints show. */
export function formatTarget(target: Target): string {
  const host = target.port !== undefined && isIP(target.host) === 6 ? `[${target.host}]` : target.host;
  return `${target.user ? `${target.user}@` : ''}${host}${target.port === undefined ? '' : `:${target.port}`}`;
}

/** Host names, addresses and aliases: letters, digits, dots, dashes, underscores; colons and zones in IPv6. */
export function isSafeHost(host: string): boolean {
  if (isIP(host) !== 0) return /^[0-9A-Za-z.:%_-]+$/.test(host);
  return host.length <= 253 && /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(host);
}

/** What useradd takes, and the dots, plus signs and @ of directory services. */
export function isSafeUser(user: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._@+-]{0,254}$/.test(user);
}

function splitPort(text: string, rest: string): [string, number | undefined] {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(rest);
  if (bracketed) {
    if (isIP(bracketed[1] ?? '') !== 6) throw refused(text, 'brackets are for IPv6 addresses');
    return [bracketed[1] as string, bracketed[2] === undefined ? undefined : readPort(text, bracketed[2])];
  }
  if (isIP(rest) === 6) return [rest, undefined];
  const colon = rest.indexOf(':');
  if (colon < 0) return [rest, undefined];
  return [rest.slice(0, colon), readPort(text, rest.slice(colon + 1))];
}

function readPort(text: string, digits: string): number {
  const port = /^[0-9]{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65535)
    throw refused(text, `the port ${JSON.stringify(digits)} is not one of 1-65535`);
  return port;
}

function checkUser(text: string, user: string): void {
  if (!isSafeUser(user)) throw refused(text, `${JSON.stringify(user)} cannot be a user name`);
}

function checkHost(text: string, host: string): void {
  if (host === '') throw refused(text, 'the host name is empty');
  if (host.startsWith('-')) throw refused(text, 'a host name cannot start with a dash');
  if (!isSafeHost(host)) throw refused(text, `${JSON.stringify(host)} cannot be a host name or address`);
}

function refused(text: string, reason: string): KubewrightError {
  return new KubewrightError({
    code: 'InvalidTarget',
    message: `cannot read ${JSON.stringify(text)} as a host: ${reason}`,
    hint: 'write it as [user@]host[:port], an IPv6 address with a port as [fd00::1]:22',
    exit: 'invalidInput',
  });
}
