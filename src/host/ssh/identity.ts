import { readFile, stat } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';
import type { SshPrompts } from './prompts.ts';

/** A key that can be offered; signing may ask for a passphrase, and happens only if the server takes the key. */
export interface Identity {
  /** What messages call it: the file, or `agent: comment`. */
  label: string;
  publicKey: ParsedKey;
  encrypted: boolean;
  sign(data: Buffer, hash: string | undefined): Promise<Buffer>;
}

const MAX_PASSPHRASE_TRIES = 3;
const decrypted = new WeakMap<object, Map<string, Promise<ParsedKey>>>();

/** The key in a file, or why it cannot be used; undefined where there is no such file. */
export async function readIdentityFile(
  path: string,
  prompts: Pick<SshPrompts, 'passphrase'>,
  memory: object,
): Promise<Identity | { skipped: string } | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  if (found.uid === process.getuid?.() && (found.mode & 0o077) !== 0)
    return { skipped: `its mode ${(found.mode & 0o777).toString(8)} lets others read it: chmod 600 ${path}` };
  const text = await readFile(path, 'utf8').catch((error: Error) => error);
  if (text instanceof Error) return { skipped: text.message };
  const plain = parse(text);
  if (!(plain instanceof Error)) return plainIdentity(path, plain);
  if (!/encrypted/i.test(plain.message)) return { skipped: plain.message };
  const open = () => unlock(path, memory, () => askAndParse(path, text, prompts));
  const publicKey = publicPart(text) ?? (await publicFile(path)) ?? (await open().catch(asError));
  if (publicKey instanceof Error) return { skipped: publicKey.message };
  const sign = async (data: Buffer, hash: string | undefined) => signWith(await open(), data, hash);
  return { label: path, publicKey, encrypted: true, sign };
}

/** Once for all hosts of a run: asking is tiresome, and deriving the key takes a third of a second. */
function unlock(path: string, memory: object, open: () => Promise<ParsedKey>): Promise<ParsedKey> {
  const known = decrypted.get(memory) ?? new Map<string, Promise<ParsedKey>>();
  decrypted.set(memory, known);
  const key = known.get(path) ?? open();
  known.set(path, key);
  key.catch(() => known.delete(path));
  return key;
}

/** At most three tries, as ssh(1). */
async function askAndParse(
  path: string,
  text: string,
  prompts: Pick<SshPrompts, 'passphrase'>,
): Promise<ParsedKey> {
  for (let attempt = 1; attempt <= MAX_PASSPHRASE_TRIES; attempt++) {
    const passphrase = await prompts.passphrase(path, attempt);
    if (passphrase === undefined) throw new Error('it is encrypted, and no passphrase was given');
    const key = parse(text, passphrase);
    if (!(key instanceof Error)) return key;
  }
  throw new Error(`it is encrypted, and the passphrase was wrong ${MAX_PASSPHRASE_TRIES} times`);
}

function plainIdentity(path: string, key: ParsedKey): Identity | { skipped: string } {
  if (!key.isPrivateKey()) return { skipped: 'it is not a private key' };
  return {
    label: path,
    publicKey: key,
    encrypted: false,
    sign: async (data, hash) => signWith(key, data, hash),
  };
}

function signWith(key: ParsedKey, data: Buffer, hash: string | undefined): Buffer {
  const signature: Buffer | Error = key.sign(data, hash);
  if (signature instanceof Error) throw signature;
  return signature;
}

/** OpenSSH's own format carries the public key unencrypted (PROTOCOL.key); the older PEM format does not. */
function publicPart(text: string): ParsedKey | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END/.exec(text)?.[1];
  if (!body) return undefined;
  const bytes = Buffer.from(body, 'base64');
  let offset = 'openssh-key-v1\0'.length;
  const next = (): Buffer | undefined => {
    if (offset + 4 > bytes.length) return undefined;
    const start = offset + 4;
    offset = start + bytes.readUInt32BE(offset);
    return offset <= bytes.length ? bytes.subarray(start, offset) : undefined;
  };
  if (!next() || !next() || !next()) return undefined; // cipher, key derivation, its options
  offset += 4; // number of keys
  const blob = next();
  const key = blob && parse(blob);
  return key && !(key instanceof Error) ? key : undefined;
}

async function publicFile(path: string): Promise<ParsedKey | undefined> {
  const text = await readFile(`${path}.pub`, 'utf8').catch(() => undefined);
  const key = text === undefined ? undefined : parse(text);
  return key && !(key instanceof Error) ? key : undefined;
}

/** ssh2 returns an array for some formats, and errors as values. */
function parse(data: string | Buffer, passphrase?: string): ParsedKey | Error {
  try {
    const key = ssh2.utils.parseKey(data, passphrase) as ParsedKey | ParsedKey[] | Error;
    return Array.isArray(key) ? (key[0] ?? new Error('no key in it')) : key;
  } catch (error) {
    return error as Error;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
