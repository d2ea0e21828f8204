import { KubewrightError } from '../../base/errors.ts';
import { sleep } from '../../base/wait.ts';
import type { Answer, Facts, FileState, Host, RunResult, UnitState } from '../../host/port.ts';
import type { ApiClient } from '../../kube/port.ts';
import { apiThrough } from '../api-access.ts';
import { credentialQueriesOf, etcdCredentialQueries, etcdCredentials } from '../etcd/credentials.ts';
import { type ExternalEtcd, waysTo } from '../etcd/external.ts';
import { MANIFESTS_DIR } from '../manifests/paths.ts';
import { openNode } from '../open-node.ts';
import { readKubeconfig } from '../pki/kubeconfig.ts';
import { certPath, kubeconfigPath } from '../pki/table.ts';
import type { ClusterPorts } from '../ports.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { certificateQueries, certificateStatus } from './certificates.ts';
import { staticPodsHealth } from './components.ts';
import type { ComponentStatus, HostStatus } from './types.ts';

/** A host as it was found, with the ways into the cluster that lead through it. */
export interface Probed {
  node: NodeSpec;
  status: HostStatus;
  api?: ApiClient;
  /** Its own member, or all endpoints of an etcd outside. */
  etcd?: ExternalEtcd['ways'];
}

/** A host may take the connection and then say nothing. */
const PATIENCE_MS = 45_000;

const CREDENTIALS = etcdCredentialQueries.length;

const units = ['kubelet', 'containerd'] as const;

const queries = [
  ...units.map((name) => ({ kind: 'unit', name }) as const),
  { kind: 'run', argv: ['kubelet', '--version'] },
  { kind: 'run', argv: ['containerd', '--version'] },
  { kind: 'list', path: MANIFESTS_DIR },
  { kind: 'file', path: kubeconfigPath('admin.conf'), content: true },
  { kind: 'file', path: certPath('ca'), content: true },
] as const;

/** Never fails for the host: one that cannot be looked at is a line with the reason. */
export async function probeHost(ports: ClusterPorts, spec: ClusterSpec, node: NodeSpec): Promise<Probed> {
  const { name, role, address } = node;
  const target = node.target ?? node.address;
  const unknown = { name, role, target, address, components: [], certificates: [] };
  const stop = new AbortController();
  try {
    const late = sleep(PATIENCE_MS, stop.signal).then(() => {
      throw silent(target);
    });
    return await Promise.race([lookAt(ports, spec, node), late]);
  } catch (error) {
    ports.signal.throwIfAborted();
    if (!(error instanceof KubewrightError)) throw error;
    return { node, status: { ...unknown, reachable: false, reason: error.message } };
  } finally {
    stop.abort();
  }
}

async function lookAt(ports: ClusterPorts, spec: ClusterSpec, node: NodeSpec): Promise<Probed> {
  const { host, facts } = await openNode(ports, node);
  const now = ports.now();
  const further = [...credentialQueriesOf(spec), ...certificateQueries(spec, node, now)];
  const answers = await host.inspect([...queries, ...further]);
  const [kubeletUnit, containerdUnit, kubelet, containerd, manifests, admin, ca, ...more] = answers as [
    ...[UnitState, UnitState, RunResult, RunResult, string[], FileState, FileState],
    ...Answer[],
  ];
  const api = apiOf(ports, { spec, node, host }, admin, ca);
  const pods = await staticPodsHealth(ports, { spec, node, host, api }, manifests);
  const credentials = etcdCredentials(more.slice(0, CREDENTIALS));
  const etcd = credentials && waysTo(ports, host, spec, node, credentials);
  const certificates = certificateStatus(spec, node, now, more.slice(CREDENTIALS));
  const status: HostStatus = {
    ...{ name: node.name, role: node.role, target: node.target ?? node.address, address: node.address },
    reachable: true,
    ...about(facts),
    ...version('kubelet', kubelet),
    ...version('containerd', containerd),
    components: [unitHealth('kubelet', kubeletUnit), unitHealth('containerd', containerdUnit), ...pods],
    ...otherAddresses(node, facts),
    ...strays(manifests),
    certificates,
  };
  return { node, status, ...(api ? { api } : {}), ...(etcd ? { etcd } : {}) };
}

function apiOf(
  ports: ClusterPorts,
  { spec, node, host }: { spec: ClusterSpec; node: NodeSpec; host: Host },
  admin: FileState,
  ca: FileState,
): ApiClient | undefined {
  const { certificate, key } = (admin.content && readKubeconfig(admin.content)) || {};
  if (!certificate || !key || !ca.content) return undefined;
  return apiThrough(ports, host, spec, node, { ca: ca.content.toString('utf8'), certificate, key });
}

function about({ os, kernel, uptimeSeconds }: Facts): Pick<HostStatus, 'os' | 'kernel' | 'uptimeSeconds'> {
  return { os: os.prettyName, kernel: kernel.release, uptimeSeconds };
}

/** `Kubernetes v1.37.2`, `containerd github.com/containerd/containerd/v2 v2.1.4 …`: the word that begins with `v` and a digit. */
function version(name: 'kubelet' | 'containerd', { exit, stdout }: RunResult) {
  const found = exit === 0 ? /(?:^|\s)(v?\d+\.\d+\S*)/.exec(stdout)?.[1] : undefined;
  return found === undefined ? {} : { [name]: found };
}

/** Behind NAT this is so by intent; on a node that is not well it is the likely cause. */
function otherAddresses({ address }: NodeSpec, { addresses }: Facts): Pick<HostStatus, 'otherAddresses'> {
  const own = addresses.map((each) => each.address);
  return own.length === 0 || own.includes(address) ? {} : { otherAddresses: own };
}

/** `kube-apiserver.yaml.bak` would be a second API server. */
function strays(manifests: readonly string[]): Pick<HostStatus, 'strayManifests'> {
  const found = manifests.filter((name) => !name.startsWith('.') && !/\.(ya?ml|json)$/.test(name));
  return found.length > 0 ? { strayManifests: found } : {};
}

function unitHealth(name: string, { active }: UnitState): ComponentStatus {
  return active === 'active' ? { name, well: true } : { name, well: false, reason: `the unit is ${active}` };
}

function silent(target: string): KubewrightError {
  return new KubewrightError({
    code: 'HostSilent',
    message: `${target} took the connection and did not answer within ${PATIENCE_MS / 1000} s`,
    host: target,
    exit: 'timeout',
  });
}
