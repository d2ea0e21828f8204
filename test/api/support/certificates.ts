import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface Pair {
  cert: string;
  key: string;
}

export interface Authority extends Pair {
  issue(options: {
    /** `CN=admin,O=system:masters` */
    subject: string;
    sans?: string[];
    notBefore?: Date;
    notAfter?: Date;
  }): Promise<Pair>;
}

const HOUR = 3_600_000;

/** A certificate authority for one test run, without openssl. */
export async function makeAuthority(name: string): Promise<Authority> {
  const keys = (await webcrypto.subtle.generateKey(P256, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    notBefore: new Date(Date.now() - HOUR),
    notAfter: new Date(Date.now() + 24 * HOUR),
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
    ],
  });
  return {
    cert: `${ca.toString('pem')}\n`,
    key: await pem(keys.privateKey),
    issue: async ({ subject, sans = [], notBefore, notAfter }) => {
      const leaf = (await webcrypto.subtle.generateKey(P256, true, [
        'sign',
        'verify',
      ])) as webcrypto.CryptoKeyPair;
      const names = sans.map((san) => ({ type: isIP(san) ? ('ip' as const) : ('dns' as const), value: san }));
      const cert = await x509.X509CertificateGenerator.create({
        subject,
        issuer: ca.subject,
        publicKey: leaf.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: P256,
        notBefore: notBefore ?? new Date(Date.now() - HOUR),
        notAfter: notAfter ?? new Date(Date.now() + 12 * HOUR),
        extensions: [
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([
            x509.ExtendedKeyUsage.clientAuth,
            x509.ExtendedKeyUsage.serverAuth,
          ]),
          ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
        ],
      });
      return { cert: `${cert.toString('pem')}\n`, key: await pem(leaf.privateKey) };
    },
  };
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

/** For service account tokens: kube-apiserver takes RSA and ECDSA keys in PEM. */
export async function makeSigningKey(): Promise<{ private: string; public: string }> {
  const keys = (await webcrypto.subtle.generateKey(P256, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey)).toString('base64');
  const lines = spki.match(/.{1,64}/g) ?? [];
  return {
    private: await pem(keys.privateKey),
    public: `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`,
  };
}
