import type { X509Certificate } from 'node:crypto';
import { isAddress } from '../spec/cidr.ts';
import type { NodeSpec } from '../spec/types.ts';
import { leafFault, readCertificate } from './inspect.ts';
import { certPath, type Identity, KUBELET_PKI_DIR, keyPath, type SubjectAltNames } from './table.ts';

/** Where a kubelet without serverTLSBootstrap looks (cmd/kubelet/app/server.go, InitializeTLS); it reloads both. */
export const KUBELET_SERVING_NAME = `${KUBELET_PKI_DIR}/kubelet`;
export const KUBELET_SERVING_CERT = certPath(KUBELET_SERVING_NAME);
export const KUBELET_SERVING_KEY = keyPath(KUBELET_SERVING_NAME);

/** The subject and names that kube-controller-manager's signer kubernetes.io/kubelet-serving asks for. */
export function kubeletServingIdentity(node: Pick<NodeSpec, 'name' | 'address' | 'nodeAddress'>): Identity {
  return {
    ca: 'ca',
    commonName: `system:node:${node.name}`,
    organizations: ['system:nodes'],
    usages: ['server'],
    sans: names(node),
  };
}

function names({ name, address, nodeAddress }: Pick<NodeSpec, 'name' | 'address' | 'nodeAddress'>) {
  const addresses = [address, ...(nodeAddress ?? '').split(',')].map((text) => text.trim());
  const sans: SubjectAltNames = { dns: [name], ip: [...new Set(addresses.filter(isAddress))] };
  return sans;
}

export interface ServingPair {
  certificate: Buffer | string | undefined;
  key: Buffer | string | undefined;
}

/** Why the kubelet should get another pair: also a while before the end, because nothing else renews it. */
export function servingFault(
  identity: Identity,
  { certificate, key }: ServingPair,
  ca: X509Certificate | undefined,
  now: Date,
): string | undefined {
  const fault = leafFault(identity, certificate, key, ca, now);
  if (fault || !certificate) return fault;
  return ending(readCertificate(certificate), now);
}

/** The last fifth of its life. */
function ending(certificate: X509Certificate | undefined, now: Date): string | undefined {
  if (!certificate) return undefined;
  const [from, to] = [new Date(certificate.validFrom).getTime(), new Date(certificate.validTo).getTime()];
  return to - now.getTime() < (to - from) / 5 ? `ends on ${certificate.validTo}` : undefined;
}
