import type { CertificateSpec, PlannedChange } from '../../engine/changes.ts';
import type { PkiContext } from './context.ts';
import { type Need, needPaths } from './review.ts';
import {
  type CaSpec,
  certPath,
  type Identity,
  KUBELET_CLIENT_CURRENT,
  KUBELET_PKI_DIR,
  keyPath,
  kubeconfigPath,
  SA_KEY,
} from './table.ts';

type Validity = Pick<PkiContext, 'certificateMs' | 'caCertificateMs'>;

/** What a plan says of one thing that is to be issued: everything but the key and the moment. */
export function announceNeed(need: Need, context: Validity): PlannedChange[] {
  const { why } = need;
  switch (need.kind) {
    case 'ca': {
      const spec = authority(need.spec, context.caCertificateMs);
      const certificate = announced('certificate', certPath(need.spec.name), why, 'a certificate', spec);
      return need.key ? [newKey(keyPath(need.spec.name), why), certificate] : [certificate];
    }
    case 'leaf':
      return announcePair(need.spec.name, need.spec, why, context.certificateMs);
    case 'kubelet': {
      const spec = leaf(need.spec, context.certificateMs);
      const place = `${KUBELET_PKI_DIR}/kubelet-client-*`;
      const pair = announced('certificate', place, why, 'a certificate with its key', spec);
      return [
        { ...pair, secret: true },
        announced('link', KUBELET_CLIENT_CURRENT, why, 'to the new certificate'),
      ];
    }
    case 'kubeconfig': {
      const path = kubeconfigPath(need.spec.file);
      const made = need.certificate
        ? announced(
            'certificate',
            path,
            why,
            'a kubeconfig with a certificate and its key',
            leaf(need.spec, context.certificateMs),
          )
        : announced('file', path, why, 'a kubeconfig around the credentials that are there');
      return [{ ...made, secret: true }];
    }
    case 'service-account':
      return needPaths(need).map((path) =>
        path === SA_KEY ? newKey(path, why) : announced('file', path, why, 'the public half of the key'),
      );
  }
}

/** `name` as in LeafSpec. */
export function announcePair(
  name: string,
  identity: Identity,
  why: string,
  certificateMs: number,
): PlannedChange[] {
  return [
    newKey(keyPath(name), why),
    announced('certificate', certPath(name), why, 'a certificate', leaf(identity, certificateMs)),
  ];
}

function newKey(path: string, why: string): PlannedChange {
  return { ...announced('key', path, why, 'a new key'), secret: true };
}

function announced(
  kind: PlannedChange['kind'],
  target: string,
  why: string,
  what: string,
  certificate?: CertificateSpec,
): PlannedChange {
  const mode = target.endsWith('.crt') ? '0644' : '0600';
  return {
    kind,
    action: kind === 'file' || kind === 'link' ? 'write' : 'issue',
    target,
    ...(kind === 'link' ? {} : { mode: { after: mode } }),
    why,
    generated: { what, ...(certificate ? { certificate } : {}) },
  };
}

function authority({ commonName }: CaSpec, ms: number): CertificateSpec {
  const subject = `CN=${commonName}`;
  const dns = [commonName];
  return { subject, issuer: subject, dns, ip: [], usages: ['cert sign'], validHours: ms / 3_600_000 };
}

function leaf({ ca, commonName, organizations, usages, sans }: Identity, ms: number): CertificateSpec {
  const subject = [...organizations.map((name) => `O=${name}`), `CN=${commonName}`].join(', ');
  return { subject, issuer: ca, dns: sans.dns, ip: sans.ip, usages, validHours: ms / 3_600_000 };
}
