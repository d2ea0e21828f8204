import { hostPort, loopback } from '../../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../../spec/types.ts';
import { containerOf, type Pod } from '../pod-types.ts';
import { useExternalEtcd } from './external-etcd.ts';
import { annotate, mountHostPath, setArguments, setProbes } from './mutators.ts';
import type { StaticPodName, StaticPodOptions } from './types.ts';

type Mutator = (pod: Pod, spec: ClusterSpec, node: NodeSpec, options: StaticPodOptions) => void;

/** What depends on the cluster and the host, as kubeadm computes it (phases/etcd/local.go, controlplane/manifests.go). */
export const COMPONENTS: Record<StaticPodName, Mutator> = {
  etcd(pod, spec, node, options) {
    const client = `https://${hostPort(node.address, 2379)}`;
    const peer = `https://${hostPort(node.address, 2380)}`;
    const members = options.initialCluster ?? [{ name: node.name, peerUrl: peer }];
    const state = options.initialClusterState ?? (options.initialCluster ? 'existing' : undefined);
    annotate(pod, 'etcd.advertise-client-urls', client);
    setArguments(pod, {
      name: node.name,
      'advertise-client-urls': client,
      'data-dir': spec.etcd.dataDir,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': members.map((member) => `${member.name}=${member.peerUrl}`).join(','),
      ...(state ? { 'initial-cluster-state': state } : {}),
      'listen-client-urls': `https://${hostPort(loopback(node), 2379)},${client}`,
      'listen-metrics-urls': `http://${hostPort(loopback(node), 2381)}`,
      'listen-peer-urls': peer,
    });
    setProbes(pod, { host: loopback(node) });
    moveData(pod, spec.etcd.dataDir);
  },
  'kube-apiserver'(pod, spec, node, options) {
    const { port } = spec.endpoint;
    annotate(pod, 'kube-apiserver.advertise-address.endpoint', hostPort(node.address, port));
    setArguments(pod, {
      'advertise-address': node.address,
      'etcd-servers': `https://${hostPort(loopback(node), 2379)}`,
      'secure-port': String(port),
      'service-account-issuer': `https://kubernetes.default.svc.${spec.networking.dnsDomain}`,
      'service-cluster-ip-range': spec.networking.serviceSubnet,
    });
    for (const exposed of containerOf(pod.spec).ports ?? []) exposed.containerPort = port;
    setProbes(pod, { host: node.address });
    if (spec.etcd.external) useExternalEtcd(pod, spec.etcd.external);
    mountCaDirectories(pod, options.caDirectories);
  },
  'kube-controller-manager'(pod, spec, _node, options) {
    setArguments(pod, {
      'allocate-node-cidrs': 'true',
      'cluster-cidr': spec.networking.podSubnet,
      'cluster-name': spec.name,
      'service-cluster-ip-range': spec.networking.serviceSubnet,
    });
    setProbes(pod, { host: '127.0.0.1' });
    mountCaDirectories(pod, options.caDirectories);
  },
  'kube-scheduler'(pod) {
    setProbes(pod, { host: '127.0.0.1' });
  },
};

function moveData(pod: Pod, path: string): void {
  const mount = containerOf(pod.spec).volumeMounts?.find(({ name }) => name === 'etcd-data');
  const volume = pod.spec.volumes.find(({ name }) => name === 'etcd-data');
  if (!mount || !volume) throw new Error('templates/static-pods/etcd.yaml has no etcd-data');
  mount.mountPath = path;
  volume.hostPath = { path, type: 'DirectoryOrCreate' };
}

function mountCaDirectories(pod: Pod, paths: readonly string[]): void {
  for (const path of paths) {
    const name = path.slice(1).replaceAll('/', '-');
    mountHostPath(pod, { name, hostPath: path, mountPath: path, readOnly: true, type: 'DirectoryOrCreate' });
  }
}
