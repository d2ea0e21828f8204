import 'reflect-metadata';
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { PkiContext } from './context.ts';
import { type KeyPair, type SigningKey, serialNumber, signingKey } from './keys.ts';
import type { CaSpec, Identity, SubjectAltNames, Usage } from './table.ts';

x509.cryptoProvider.set(webcrypto as never);

/** Clocks of hosts differ: kubeadm dates certificates back by as much. */
const BACKDATE_MS = 5 * 60_000;

const USAGES: Record<Usage, string> = {
  server: x509.ExtendedKeyUsage.serverAuth,
  client: x509.ExtendedKeyUsage.clientAuth,
};

/** A CA that can sign: its certificate as it stands on disk, and its key. */
export interface Authority {
  pem: string;
  certificate: X509Certificate;
  signer: SigningKey;
}

export async function issueCa(spec: CaSpec, pair: KeyPair, context: PkiContext): Promise<Authority> {
  const signer = await signingKeyOf(pair.pem);
  const name = [{ CN: [spec.commonName] }];
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(context.now, context.caCertificateMs),
    serialNumber: serialNumber(),
    subject: name,
    issuer: name,
    publicKey: pair.public,
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
    extensions: [
      new x509.KeyUsagesExtension(LEAF_KEY_USAGE | x509.KeyUsageFlags.keyCertSign, true),
      new x509.BasicConstraintsExtension(true, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(pair.public),
      altNamesExtension({ dns: [spec.commonName], ip: [] }),
    ],
  });
  const pem = toPem(certificate);
  return { pem, certificate: new X509Certificate(pem), signer };
}

const LEAF_KEY_USAGE = x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment;

export async function issueLeaf(
  identity: Identity,
  pair: KeyPair,
  authority: Authority,
  context: PkiContext,
): Promise<string> {
  const ca = new x509.X509Certificate(authority.pem);
  const keyId = ca.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  const { sans } = identity;
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(context.now, context.certificateMs, ca.notAfter),
    serialNumber: serialNumber(),
    subject: subjectName(identity),
    // The name as it is in the CA, byte for byte: verifiers compare encodings.
    issuer: ca.subjectName,
    publicKey: pair.public,
    signingKey: authority.signer.key,
    signingAlgorithm: authority.signer.algorithm,
    extensions: [
      new x509.KeyUsagesExtension(
        identity.signatureOnly ? x509.KeyUsageFlags.digitalSignature : LEAF_KEY_USAGE,
        true,
      ),
      new x509.ExtendedKeyUsageExtension(identity.usages.map((usage) => USAGES[usage])),
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...(keyId ? [new x509.AuthorityKeyIdentifierExtension(keyId)] : []),
      ...(sans.dns.length + sans.ip.length > 0 ? [altNamesExtension(sans)] : []),
    ],
  });
  return toPem(certificate);
}

/** Organizations first, as Go orders them. */
export function subjectName({ organizations, commonName }: Identity): x509.JsonName {
  return [...organizations.map((name) => ({ O: [name] })), { CN: [commonName] }];
}

export function altNamesExtension(sans: SubjectAltNames): x509.SubjectAlternativeNameExtension {
  return new x509.SubjectAlternativeNameExtension([
    ...sans.dns.map((value) => ({ type: 'dns' as const, value })),
    ...sans.ip.map((value) => ({ type: 'ip' as const, value })),
  ]);
}

function validity(now: Date, milliseconds: number, latest?: Date): { notBefore: Date; notAfter: Date } {
  const second = Math.floor(now.getTime() / 1000) * 1000;
  const end = Math.min(second + milliseconds, latest?.getTime() ?? Number.POSITIVE_INFINITY);
  return { notBefore: new Date(second - BACKDATE_MS), notAfter: new Date(end) };
}

async function signingKeyOf(pem: string): Promise<SigningKey> {
  const signer = await signingKey(createPrivateKey(pem));
  if (!signer) throw new TypeError('a generated key that cannot sign');
  return signer;
}

function toPem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}
