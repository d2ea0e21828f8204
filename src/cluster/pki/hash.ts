import { createHash, X509Certificate } from 'node:crypto';

/** `sha256:…` of the public key (SPKI), what `kubeadm join --discovery-token-ca-cert-hash` takes. */
export function caCertHash(pem: Buffer | string): string {
  const spki = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}

/** Whether two PEM texts are certificates of the same CA key; its certificate may have been issued anew. */
export function isSameCa(one: string | undefined, other: string | undefined): boolean {
  if (!one || !other) return false;
  if (one.trim() === other.trim()) return true;
  try {
    return caCertHash(one) === caCertHash(other);
  } catch {
    // Not a certificate: then it is certainly not this one.
    return false;
  }
}

/** One for each certificate of a bundle, as while a CA is being rotated. */
export function caCertHashes(bundle: Buffer | string): string[] {
  return certificatesOf(bundle).map(caCertHash);
}

/** The certificates of a bundle, each as PEM. */
export function certificatesOf(bundle: Buffer | string): string[] {
  return bundle.toString().match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}
