import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { matchesList } from './patterns.ts';

/** One line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  marker: '' | '@revoked' | '@cert-authority';
  /** Patterns, or one hashed name `|1|salt|hash`. */
  names: string[];
  keyType: string;
  /** Base64 of the key blob. */
  key: string;
  /** `file:line`. */
  where: string;
}

/** What the known_hosts files say about a key that a host showed. */
export type Verdict =
  | { kind: 'known'; where: string }
  | { kind: 'unknown'; authorities: string[] }
  | { kind: 'changed'; recorded: KnownHost[] }
  | { kind: 'revoked'; where: string };

/** Lines that are no entries (comments, damaged ones) are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  const entries: KnownHost[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const fields = line.split(/[ \t]+/);
    const marker = fields[0]?.startsWith('@') ? (fields.shift() as string) : '';
    const [names, keyType, key] = fields;
    if (marker !== '' && marker !== '@revoked' && marker !== '@cert-authority') continue;
    if (!names || !keyType || !key || keyTypeOf(Buffer.from(key, 'base64')) !== keyType) continue;
    entries.push({ marker, names: names.split(','), keyType, key, where: `${file}:${index + 1}` });
  }
  return entries;
}

/** How known_hosts calls a host: lower case, `[host]:port` unless the port is 22. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

export function matchesKnownHost(entry: KnownHost, name: string): boolean {
  const first = entry.names[0] as string;
  if (first.startsWith('|1|')) return matchesHashed(first, name);
  return matchesList(
    name,
    entry.names.map((pattern) => pattern.toLowerCase()),
  );
}

/**
 * A key of a type that is not recorded, where another type is, counts as changed: the recorded types are offered
 * first, so a server that still had the recorded key would have shown it.
 */
export function judge(entries: readonly KnownHost[], name: string, blob: Buffer): Verdict {
  const key = blob.toString('base64');
  const ours = entries.filter((entry) => matchesKnownHost(entry, name));
  const revoked = ours.find((entry) => entry.marker === '@revoked' && sameKey(entry, key));
  if (revoked) return { kind: 'revoked', where: revoked.where };
  const plain = ours.filter((entry) => entry.marker === '');
  const known = plain.find((entry) => sameKey(entry, key));
  if (known) return { kind: 'known', where: known.where };
  if (plain.length > 0) return { kind: 'changed', recorded: plain };
  const authorities = ours.filter((entry) => entry.marker === '@cert-authority').map((entry) => entry.where);
  return { kind: 'unknown', authorities };
}

/** The host key algorithms to ask for: those of recorded keys first, so that the server shows one of them. */
export function orderAlgorithms(entries: readonly KnownHost[], name: string): string[] {
  const known = new Set(
    entries.filter((e) => e.marker === '' && matchesKnownHost(e, name)).map((entry) => entry.keyType),
  );
  const all = ALGORITHMS.map(([algorithm, type]) => ({ algorithm, known: known.has(type) }));
  return [...all.filter((a) => a.known), ...all.filter((a) => !a.known)].map((a) => a.algorithm);
}

/** The line for a newly accepted key. `hash` as for HashKnownHosts. */
export function knownHostsLine(name: string, blob: Buffer, hash: boolean): string {
  return `${hash ? hashName(name, randomBytes(20)) : name} ${keyTypeOf(blob)} ${blob.toString('base64')}`;
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The type name at the start of a key blob; undefined where it is none. */
export function keyTypeOf(blob: Buffer): string | undefined {
  if (blob.length < 5) return undefined;
  const length = blob.readUInt32BE(0);
  if (length === 0 || length > 64 || blob.length < 4 + length) return undefined;
  return blob.toString('latin1', 4, 4 + length);
}

/** Signature algorithm, and the key type it signs with. SHA-1 signatures (ssh-rsa) are not offered. */
const ALGORITHMS: readonly [string, string][] = [
  ['ssh-ed25519', 'ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp256'],
  ['ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp384'],
  ['ecdsa-sha2-nistp521', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'ssh-rsa'],
  ['rsa-sha2-256', 'ssh-rsa'],
];

/** Base64 may be written in more than one way: the bytes count. */
function sameKey(entry: KnownHost, key: string): boolean {
  return Buffer.from(entry.key, 'base64').equals(Buffer.from(key, 'base64'));
}

function matchesHashed(hashed: string, name: string): boolean {
  const [, , salt, hash] = hashed.split('|');
  if (!salt || !hash) return false;
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function hashName(name: string, salt: Buffer): string {
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}
