import {
  createPrivateKey,
  createPublicKey,
  KeyObject,
  randomBytes,
  type webcrypto as WebCrypto,
  webcrypto,
} from 'node:crypto';
import type { EncryptionAlgorithm } from '../spec/types.ts';

export type CryptoKey = WebCrypto.CryptoKey;

export interface KeyPair {
  public: CryptoKey;
  /** `EC PRIVATE KEY` or `RSA PRIVATE KEY`, as kubeadm writes them. */
  pem: string;
}

const CURVES: Record<string, { name: string; hash: string }> = {
  prime256v1: { name: 'P-256', hash: 'SHA-256' },
  secp384r1: { name: 'P-384', hash: 'SHA-384' },
  secp521r1: { name: 'P-521', hash: 'SHA-512' },
};

/** Off the main thread for RSA, where one takes a tenth of a second and more. */
export async function generateKeyPair(algorithm: EncryptionAlgorithm): Promise<KeyPair> {
  const [family, size] = algorithm.split('-') as ['ECDSA' | 'RSA', string];
  const parameters =
    family === 'ECDSA'
      ? { name: 'ECDSA', namedCurve: size.replace('P', 'P-') }
      : {
          name: 'RSASSA-PKCS1-v1_5',
          modulusLength: Number(size),
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: 'SHA-256',
        };
  const pair = (await webcrypto.subtle.generateKey(parameters, true, [
    'sign',
    'verify',
  ])) as WebCrypto.CryptoKeyPair;
  return {
    public: pair.publicKey,
    pem: privatePem(KeyObject.from(pair.privateKey)),
  };
}

/** The same of a key that is there already, which only has to be certified: it cannot be used through this. */
export async function readKeyPair(pem: Buffer): Promise<KeyPair> {
  const key = createPrivateKey(pem);
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''];
  const parameters = curve
    ? { name: 'ECDSA', namedCurve: curve.name }
    : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const publicKey = await webcrypto.subtle.importKey('spki', spki, parameters, true, ['verify']);
  return { public: publicKey, pem: pem.toString() };
}

export function privatePem(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs1';
  return key.export({ type, format: 'pem' }).toString();
}

export function publicPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
}

/** undefined where it is no private key (or an encrypted one). */
export function readPrivateKey(pem: Buffer | string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** A CA's key in the form that signs certificates; undefined for kinds that Kubernetes does not use. */
export async function signingKey(key: KeyObject): Promise<SigningKey | undefined> {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (key.asymmetricKeyType === 'ec' && curve) {
    const parameters = { name: 'ECDSA', namedCurve: curve.name };
    return {
      key: await webcrypto.subtle.importKey('pkcs8', der, parameters, false, ['sign']),
      algorithm: { name: 'ECDSA', hash: curve.hash },
    };
  }
  if (key.asymmetricKeyType !== 'rsa') return undefined;
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  return { key: await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']), algorithm };
}

export interface SigningKey {
  key: CryptoKey;
  algorithm: { name: string; hash: string };
}

/** Whether signingKey can work with it, known without asking the crypto library. */
export function canSign(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' || (key.asymmetricKeyDetails?.namedCurve ?? '') in CURVES;
}

/** From [1, 2^63), as hexadecimal without superfluous zero bytes: DER integers have exactly one form. */
export function serialNumber(random: (size: number) => Buffer = randomBytes): string {
  const value = random(8).readBigUInt64BE() >> 1n || 1n;
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}
