import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);

/** PEM of a CA and of its key. */
export interface CaPair {
  cert: string;
  key: string;
}

const SUBJECT_ALT_NAME = '2.5.29.17';
const YEAR_MS = 365 * 24 * 3600 * 1000;

/** As kube-controller-manager signs what was approved. */
export async function signRequest(ca: CaPair, request: string, usage: 'client' | 'server'): Promise<string> {
  const csr = new x509.Pkcs10CertificateRequest(request);
  const names = csr.getExtension(SUBJECT_ALT_NAME);
  return sign(ca, { subject: csr.subject, publicKey: csr.publicKey }, usage, names ? [names] : []);
}

/** A kubelet's first certificate, with its key in one PEM, as the kubelet keeps them. */
export async function kubeletPair(ca: CaPair, node: string): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const subject = `O=system:nodes, CN=system:node:${node}`;
  const certificate = await sign(ca, { subject, publicKey: new x509.PublicKey(spki) }, 'client', []);
  return `${certificate}\n${privateKey.export({ type: 'sec1', format: 'pem' })}`;
}

async function sign(
  { cert, key }: CaPair,
  { subject, publicKey }: { subject: string; publicKey: x509.PublicKey },
  usage: 'client' | 'server',
  more: x509.Extension[],
): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const pkcs8 = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  const signingKey = await webcrypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), algorithm, false, [
    'sign',
  ]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomBytes(8)
      .toString('hex')
      .replace(/^[89a-f]/, '1'),
    subject,
    issuer: new x509.X509Certificate(cert).subjectName,
    notBefore: new Date(Date.now() - 300_000),
    notAfter: new Date(Date.now() + YEAR_MS),
    publicKey,
    signingKey: signingKey as never,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
        true,
      ),
      new x509.ExtendedKeyUsageExtension([
        usage === 'client' ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth,
      ]),
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...more,
    ],
  });
  return certificate.toString('pem');
}
