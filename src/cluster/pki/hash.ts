import { createHash, X509Certificate } from 'node:crypto';

/** `sha256:…` of the public key (SPKI), what `kubeadm join --discovery-token-ca-cert-hash` takes. */
export function caCertHash(pem: Buffer | string): string {
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}

/** One for each certificate of a bundle, as while a CA is being rotated. */
export function caCertHashes(bundle: Buffer | string): string[] {
  const blocks =
    bundle.toString().match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map(caCertHash);
}
