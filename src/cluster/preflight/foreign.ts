import { KubewrightError } from '../../base/errors.ts';
import type { Host } from '../../host/port.ts';
import type { ApiClient } from '../../kube/port.ts';
import { isReady, nodeNamed } from '../phases/node-object.ts';
import { isSameCa } from '../pki/hash.ts';
import { readKubeconfig } from '../pki/kubeconfig.ts';
import { endpointUrl, localUrl } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { preflightError } from './finding.ts';
import { finding } from './machine.ts';

interface Traces {
  recorded: ClusterSpec | undefined;
  /** /etc/kubernetes/kubelet.conf as it was found. */
  kubelet: Buffer | undefined;
  spec: ClusterSpec;
}

/** A host belongs to one cluster: another one's traces are named and nothing is touched. */
export function refuseForeignCluster(host: Host, { recorded, kubelet, spec }: Traces): void {
  if (recorded || !kubelet) return;
  const content = readKubeconfig(kubelet);
  const ours = [endpointUrl(spec), ...spec.hosts.map((node) => localUrl(spec, node))];
  const server = content?.server ?? 'an unreadable kubelet.conf';
  const name = content ? clusterOf(content) : server;
  const known = ours.includes(server) ? ', which kubewright has no record of here' : '';
  throw preflightError(host.name, [
    finding(
      'ForeignCluster',
      `the host already belongs to the cluster ${name}${known}`,
      `kubewright reset ${host.name}`,
    ),
  ]);
}

/** A worker's kubelet.conf tells by its CA which cluster it is of: names may be the same. */
export function refuseForeignNode(
  host: Host,
  kubelet: Buffer | undefined,
  ca: string | undefined,
  spec: ClusterSpec,
): void {
  if (!kubelet) return;
  const content = readKubeconfig(kubelet);
  if (isSameCa(content?.ca, ca)) return;
  const name = content ? clusterOf(content) : 'of an unreadable kubelet.conf';
  throw preflightError(host.name, [
    finding(
      'ForeignCluster',
      `the host already belongs to the cluster ${name}, not to "${spec.name}" of this kubeconfig`,
      `kubewright reset ${host.name}`,
    ),
  ]);
}

/** client-go writes this name into every kubeconfig that a kubelet bootstraps; the server then tells more. */
const UNNAMED = 'default-cluster';

function clusterOf({ clusterName, server }: { clusterName?: string; server?: string }): string {
  return clusterName === UNNAMED ? `at ${server}` : `"${clusterName}" (${server})`;
}

/**
 * kubeadm's rule: a Ready node of that name is another machine, whose place must not be taken. Its machine-id tells
 * where it is this very one, which lost its kubelet.conf.
 */
export async function refuseDuplicateNode(
  host: Host,
  api: ApiClient,
  node: NodeSpec,
  machineId: string,
): Promise<void> {
  const found = await nodeNamed(api, node.name);
  if (!found || !isReady(found)) return;
  if (machineId !== '' && found.status?.nodeInfo?.machineID === machineId) return;
  throw duplicateNode(host, `the cluster has a Ready node "${node.name}" already`);
}

/** Never to be ignored: what takes the place of another node takes its pods' too. */
export function duplicateNode(host: Host, why: string): KubewrightError {
  return new KubewrightError({
    code: 'DuplicateNode',
    message: `${host.name} cannot join under its name: ${why}; nothing was changed.`,
    host: host.name,
    step: 'preflight',
    hint: 'Give it another name: hostnamectl set-hostname NAME on that host, or join it by itself with --name NAME.',
    exit: 'preflight',
  });
}
