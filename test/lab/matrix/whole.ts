import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { spkiOf } from '../support/leftovers.ts';
import type { Disk } from './disk.ts';

const PKI = '/etc/kubernetes/pki/';
const AUTHORITY = `${PKI}ca.crt`;
const KEYS = ['ca.key', 'front-proxy-ca.key', 'etcd/ca.key', 'sa.key'].map((name) => `${PKI}${name}`);
/** What is written until it is whole and then takes the file's place. */
const TEMPORARY = /\/(\.kubewright-|incomplete-)[^/]*$/;

/** Files of a host that was struck which are neither what they were nor what they become, but the beginning of it. */
export function tornFiles(host: string, struck: Disk, ...whole: readonly Disk[]): string[] {
  return [...struck].flatMap(([path, bytes]) => {
    if (TEMPORARY.test(path)) return [];
    const known = whole.flatMap((disk) => disk.get(path) ?? []);
    if (known.some((other) => other.equals(bytes))) return [];
    const torn =
      known.some((other) => other.subarray(0, bytes.length).equals(bytes)) || isBroken(path, bytes);
    return torn ? [`${host}:${path} is torn`] : [];
  });
}

function isBroken(path: string, bytes: Buffer): boolean {
  try {
    if (path.startsWith(PKI) && path.endsWith('.crt')) new X509Certificate(bytes);
    if (path.startsWith(PKI) && path.endsWith('.key')) createPrivateKey(bytes);
    return false;
  } catch {
    return true;
  }
}

/** Authorities and their keys as they were first seen in the life of one cluster. */
export class Authorities {
  readonly #seen = new Map<string, string>();

  /** What was generated a second time, on any of its hosts. */
  look(host: string, disk: Disk): string[] {
    const certificate = disk.get(AUTHORITY);
    const found = [
      ...(certificate && !isBroken(AUTHORITY, certificate)
        ? [[AUTHORITY, spkiOf(certificate)] as const]
        : []),
      ...KEYS.flatMap((path) => {
        const bytes = disk.get(path);
        return bytes ? [[path, createHash('sha256').update(bytes).digest('hex')] as const] : [];
      }),
    ];
    return found.flatMap(([path, hash]) => {
      const first = this.#seen.get(path) ?? hash;
      this.#seen.set(path, first);
      return first === hash ? [] : [`${host}:${path} is another one than at first`];
    });
  }
}
