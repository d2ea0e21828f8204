import type { KubeObject } from '../../../src/kube/port.ts';
import { describeCertificate } from '../../golden/describe.ts';
import { comparableObject } from '../../golden/objects.ts';
import type { Snapshot } from './host-snapshot.ts';
import { type Side, withCommonNames } from './side.ts';

const KINDS = [
  ...['configmaps', 'secrets', 'serviceaccounts', 'services', 'daemonsets', 'deployments'],
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings', 'nodes', 'namespaces'],
];

/** Every object of these kinds, those that Kubernetes itself makes too: they differ no more than ours. */
export async function objectSnapshot(side: Side): Promise<Snapshot> {
  const args = ['get', KINDS.join(','), '-A', '--kubeconfig', side.kubeconfig()];
  const { items } = await side.cli.json<{ items: KubeObject[] }>(args);
  const objects = Object.fromEntries(items.map((object) => comparableObject(stable(object))));
  return withCommonNames(side, described(objects) as Snapshot);
}

/** Without what depends on when one looks. */
function stable(object: KubeObject): KubeObject {
  const copy = structuredClone(object);
  const data = (copy.data ?? {}) as Record<string, string>;
  // The controller manager signs cluster-info for each token.
  for (const key of Object.keys(data)) if (key.startsWith('jws-kubeconfig-')) delete data[key];
  if (copy.type === 'bootstrap.kubernetes.io/token') data.expiration = 'later';
  if (copy.kind === 'Node') copy.spec = nodeSpec(copy.spec as NodeSpec);
  return copy;
}

interface NodeSpec {
  podCIDR?: string;
  taints?: { key: string; effect: string }[];
}

/** Taints of the node controller come and go; the pod range says in which order nodes came. */
function nodeSpec({ taints = [] }: NodeSpec): unknown {
  return { taints: taints.filter(({ key }) => !key.startsWith('node.kubernetes.io/')) };
}

/** Every certificate in it as its fields; addresses and hardware of flannel's are each node's own. */
function described(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return describedText(value, key);
  if (Array.isArray(value)) return value.map((each) => described(each));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !name.startsWith('flannel.alpha.coreos.com/'));
  return Object.fromEntries(entries.map(([name, field]) => [name, described(field, name)]));
}

function describedText(text: string, key: string): unknown {
  const pem = key === 'certificate-authority-data' ? Buffer.from(text, 'base64').toString() : text;
  return pem.includes('-----BEGIN CERTIFICATE-----') ? describeCertificate(pem) : text;
}
