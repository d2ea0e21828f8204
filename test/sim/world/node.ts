import { X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { kubeconfigText, readKubeconfig } from '../../../src/cluster/pki/kubeconfig.ts';
import { KUBELET_CLIENT_CURRENT, KUBELET_PKI_DIR } from '../../../src/cluster/pki/table.ts';
import type { KubeObject } from '../../../src/kube/port.ts';
import { bootstrapToken } from './api-server.ts';
import { type CaPair, kubeletPair } from './signer.ts';
import type { SimHost } from './sim-host.ts';
import { isActive, stateOf } from './static-pods.ts';
import { type Store, typeOf } from './store.ts';

const KUBELET_CONF = '/etc/kubernetes/kubelet.conf';
const BOOTSTRAP_CONF = '/etc/kubernetes/bootstrap-kubelet.conf';
/** When the kubelet was started that registered last: a Node that is deleted stays so until it starts again. */
const REGISTERED = '/stub-state/registered';
const UNIT = 'kubelet.service';

/** An API server that a kubelet can reach: what it keeps, and whom it trusts. */
export interface Reachable {
  store: Store;
  /** PEM. */
  ca: string;
  /** Of the controller manager that leads: approves and signs. */
  signer: CaPair | undefined;
}

const trusted = new Map<string, boolean>();

/** One look of a host's kubelet at its credentials and its Node. */
export async function runKubelet(host: SimHost, apis: readonly Reachable[]): Promise<void> {
  if (!isActive(host, UNIT) || !isActive(host, 'containerd.service')) return;
  if (!existsSync(host.at(KUBELET_CONF))) return bootstrap(host, apis);
  const conf = readKubeconfig(readFileSync(host.at(KUBELET_CONF)));
  const api = apis.find(({ ca }) => ca.trim() === conf?.ca?.trim());
  const certificate = conf?.certificate ?? readLinked(host, conf?.certificateFile ?? '');
  if (!api || certificate === undefined || !isSignedBy(certificate, api.ca)) return;
  register(host, api.store);
}

function readLinked(host: SimHost, path: string): string | undefined {
  try {
    return readFileSync(
      host.at(path === KUBELET_CLIENT_CURRENT ? readlinkSync(host.at(path)) : path),
      'utf8',
    );
  } catch {
    return undefined;
  }
}

function isSignedBy(certificate: string, ca: string): boolean {
  const key = certificate + ca;
  const known =
    trusted.get(key) ?? new X509Certificate(certificate).verify(new X509Certificate(ca).publicKey);
  trusted.set(key, known);
  return known;
}

/** TLS bootstrap: a token that the cluster knows, rights that it gave, and a signature. */
async function bootstrap(host: SimHost, apis: readonly Reachable[]): Promise<void> {
  if (!existsSync(host.at(BOOTSTRAP_CONF))) return;
  const text = readFileSync(host.at(BOOTSTRAP_CONF), 'utf8');
  const conf = readKubeconfig(text);
  const api = apis.find(({ ca }) => ca.trim() === conf?.ca?.trim());
  const token = /token: "?([a-z0-9]{6}\.[a-z0-9]{16})/.exec(text)?.[1];
  if (!api?.signer || token === undefined || !bootstrapToken(api.store, token)) return;
  const rights = ['kubeadm:kubelet-bootstrap', 'kubeadm:node-autoapprove-bootstrap'];
  const bound = (name: string) => api.store.find({ type: typeOf('ClusterRoleBinding'), name });
  if (!rights.every(bound)) return;
  const pair = await kubeletPair(api.signer, host.name);
  const file = `${KUBELET_PKI_DIR}/kubelet-client-${Date.now()}.pem`;
  mkdirSync(host.at(KUBELET_PKI_DIR), { recursive: true, mode: 0o755 });
  writeFileSync(host.at(file), pair, { mode: 0o600 });
  rmSync(host.at(KUBELET_CLIENT_CURRENT), { force: true });
  symlinkSync(file, host.at(KUBELET_CLIENT_CURRENT));
  const credentials = { 'client-certificate': KUBELET_CLIENT_CURRENT, 'client-key': KUBELET_CLIENT_CURRENT };
  const about = { clusterName: 'default-cluster', user: 'default-auth', server: conf!.server, ca: conf!.ca! };
  writeFileSync(
    host.at(KUBELET_CONF),
    kubeconfigText({ ...about, contextName: 'default-context', credentials }),
    {
      mode: 0o600,
    },
  );
}

function register(host: SimHost, store: Store): void {
  const place = { type: typeOf('Node'), name: host.name };
  const started = stateOf(host, UNIT, 'entered');
  const mark = host.at(REGISTERED);
  const found = store.find(place);
  if (!found) {
    if (existsSync(mark) && readFileSync(mark, 'utf8') === started) return;
    store.create(place, { apiVersion: 'v1', kind: 'Node', metadata: { name: host.name } });
  }
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== started) writeFileSync(mark, started);
  store.merge(place, nodeOf(host, found));
}

function nodeOf(host: SimHost, before: KubeObject | undefined): object {
  const folder = host.at('/etc/cni/net.d');
  const network = existsSync(folder) && readdirSync(folder).some((name) => /^[^.].*\.conf/.test(name));
  const status = network ? 'True' : 'False';
  const labels = { 'kubernetes.io/hostname': host.name, 'kubernetes.io/os': 'linux' };
  return {
    metadata: { labels: { ...before?.metadata.labels, ...labels } },
    status: {
      addresses: [{ type: 'InternalIP', address: host.address }],
      nodeInfo: {
        machineID: readFileSync(host.at('/etc/machine-id'), 'utf8').trim(),
        kubeletVersion: 'v1.37.2',
      },
      conditions: [{ type: 'Ready', status, reason: network ? 'KubeletReady' : 'NetworkNotReady' }],
    },
  };
}
