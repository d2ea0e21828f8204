import type { KubeObject } from '../../../src/kube/port.ts';
import { type CaPair, signRequest } from './signer.ts';
import { type Store, typeOf } from './store.ts';

interface SigningRequest extends KubeObject {
  spec: { request: string; signerName: string };
  status?: { certificate?: string; conditions?: { type: string }[] };
}

/** What the leading kube-controller-manager does that this project waits for or looks at. */
export async function runControllers(store: Store, holder: string, ca: CaPair): Promise<void> {
  lead(store, 'kube-controller-manager', holder);
  const place = { type: typeOf('ConfigMap'), namespace: 'kube-system', name: 'kube-root-ca.crt' };
  if (!store.find(place)) {
    const metadata = { name: place.name };
    store.create(place, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': ca.cert } });
  }
  for (const node of store.list({ type: typeOf('Node') })) giveRange(store, node);
  for (const request of store.list({ type: typeOf('CertificateSigningRequest') }))
    await signIfApproved(store, request as SigningRequest, ca);
}

export function lead(store: Store, component: string, holder: string): void {
  const place = { type: typeOf('Lease'), namespace: 'kube-system', name: component };
  if (store.find(place)) return;
  const metadata = { name: component };
  store.create(place, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: { holderIdentity: holder },
  });
}

function giveRange(store: Store, node: KubeObject): void {
  const { podCIDR } = (node.spec ?? {}) as { podCIDR?: string };
  if (podCIDR !== undefined) return;
  const taken = store
    .list({ type: typeOf('Node') })
    .map((other) => (other.spec as { podCIDR?: string })?.podCIDR);
  let index = 0;
  while (taken.includes(`10.244.${index}.0/24`)) index++;
  const range = `10.244.${index}.0/24`;
  store.merge(
    { type: typeOf('Node'), name: node.metadata.name },
    { spec: { podCIDR: range, podCIDRs: [range] } },
  );
}

async function signIfApproved(store: Store, request: SigningRequest, ca: CaPair): Promise<void> {
  const { status, spec } = request;
  const approved = status?.conditions?.some(({ type }) => type === 'Approved');
  if (!approved || status?.certificate) return;
  const usage = spec.signerName === 'kubernetes.io/kubelet-serving' ? 'server' : 'client';
  const pem = await signRequest(ca, Buffer.from(spec.request, 'base64').toString(), usage);
  const place = { type: typeOf('CertificateSigningRequest'), name: request.metadata.name };
  if (!store.find(place)) return;
  store.merge(place, { status: { certificate: Buffer.from(`${pem}\n`).toString('base64') } });
}
