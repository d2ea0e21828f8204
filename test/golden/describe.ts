import 'reflect-metadata';
import { X509Certificate as NodeCertificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { parse } from 'yaml';

/** Everything of a certificate that two tools can agree on: no keys, no serial, no date but the span. */
export function describeCertificate(pem: string): Record<string, unknown> {
  const certificate = new x509.X509Certificate(pem);
  const usage = certificate.getExtension(x509.KeyUsagesExtension);
  const basic = certificate.getExtension(x509.BasicConstraintsExtension);
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  const key = new NodeCertificate(pem).publicKey;
  return {
    subject: certificate.subjectName.toJSON(),
    issuer: certificate.issuerName.toJSON(),
    keyUsage: usage?.usages,
    keyUsageCritical: usage?.critical,
    extendedKeyUsage: certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages,
    ca: basic?.ca,
    basicConstraintsCritical: basic?.critical,
    names: names.map(({ type, value }) => `${type}:${value}`),
    key: [key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyDetails?.modulusLength],
    signature: certificate.signatureAlgorithm,
    extensions: certificate.extensions.map(({ type }) => type).sort(),
    seconds: Math.round((certificate.notAfter.getTime() - certificate.notBefore.getTime()) / 1000),
  };
}

/** A kubeconfig with each embedded certificate described, and keys by their PEM heading. */
export function describeKubeconfig(text: string): unknown {
  const config = parse(text) as { users: { user: Record<string, string> }[]; clusters: { cluster: Record<string, string> }[] };
  const decode = (data: string) => Buffer.from(data, 'base64').toString();
  for (const { user } of config.users) {
    const { 'client-certificate-data': certificate, 'client-key-data': key } = user;
    if (certificate) Object.assign(user, { 'client-certificate-data': describeCertificate(decode(certificate)) });
    if (key) user['client-key-data'] = decode(key).split('\n')[0]!;
  }
  for (const { cluster } of config.clusters) {
    const ca = cluster['certificate-authority-data'];
    if (ca) Object.assign(cluster, { 'certificate-authority-data': describeCertificate(decode(ca)).subject });
  }
  return config;
}
