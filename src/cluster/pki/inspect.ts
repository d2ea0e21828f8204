import { type KeyObject, X509Certificate } from 'node:crypto';
import { formatAddress, parseAddress } from '../spec/cidr.ts';
import { readPrivateKey } from './keys.ts';
import type { Identity, Usage } from './table.ts';

const USAGE_IDS: Record<Usage, string> = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

export function readCertificate(pem: Buffer | string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Why this certificate and key cannot stand for the identity; undefined when they can. */
export function leafFault(
  identity: Identity,
  certificatePem: Buffer | string | undefined,
  keyPem: Buffer | string | undefined,
  ca: X509Certificate | undefined,
  now: Date,
): string | undefined {
  if (!certificatePem) return 'missing';
  if (!keyPem) return 'its key is missing';
  const certificate = readCertificate(certificatePem);
  if (!certificate) return 'not a certificate';
  const key = readPrivateKey(keyPem);
  if (!key) return 'its key cannot be read';
  if (!matches(certificate, key)) return 'its key is another one';
  if (!ca) return 'its CA is new';
  if (certificate.issuer !== ca.subject || !certificate.verify(ca.publicKey)) return 'signed by another CA';
  return timeFault(certificate, now) ?? contentFault(identity, certificate);
}

export function timeFault(certificate: X509Certificate, now: Date): string | undefined {
  if (new Date(certificate.validTo) <= now) return `expired on ${certificate.validTo}`;
  if (new Date(certificate.validFrom) > now) return `not valid before ${certificate.validFrom}`;
  return undefined;
}

function contentFault(identity: Identity, certificate: X509Certificate): string | undefined {
  const subject = subjectOf(certificate);
  const wanted = [`CN=${identity.commonName}`, ...identity.organizations.map((name) => `O=${name}`)];
  if (!sameSet(subject, wanted)) return `its subject is ${subject.join(', ')}, not ${wanted.join(', ')}`;
  const usages = identity.usages.map((usage) => USAGE_IDS[usage]);
  if (!sameSet(certificate.keyUsage ?? [], usages)) return 'it is for another use';
  const names = altNamesOf(certificate);
  const missing = [...identity.sans.dns, ...identity.sans.ip.map(canonicalAddress)];
  if (sameSet(names, missing)) return undefined;
  return `its names are ${names.join(', ') || 'none'}, not ${missing.join(', ') || 'none'}`;
}

/** `CN=…` and `O=…` in the order of the certificate. */
export function subjectOf(certificate: X509Certificate): string[] {
  return certificate.subject.split('\n').filter((part) => part !== '');
}

export function altNamesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => {
      const [, kind, value = ''] = /^([^:]+):(.*)$/.exec(name) ?? [];
      return kind === 'IP Address' ? canonicalAddress(value) : value;
    });
}

function canonicalAddress(text: string): string {
  const parsed = parseAddress(text);
  return parsed ? formatAddress(parsed.value, parsed.family) : text;
}

export function matches(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return false;
  }
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((item) => right.has(item));
}
