import { hostPort, loopback } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { type ImageReferences, imageReferences } from './images.ts';
import { type HostFile, MANIFESTS_DIR } from './paths.ts';
import { containerOf, type Pod } from './pod-types.ts';
import { yamlTemplate } from './template.ts';
import { canonicalYaml } from './yaml.ts';

export const STATIC_PODS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
export type StaticPodName = (typeof STATIC_PODS)[number];

/** Where distributions keep what /etc/ssl/certs links to: mounted where it exists, as kubeadm does. */
export const CA_DIRECTORIES = [
  '/etc/pki/ca-trust',
  '/etc/pki/tls/certs',
  '/etc/ca-certificates',
  '/usr/share/ca-certificates',
  '/usr/local/share/ca-certificates',
] as const;

export interface StaticPodOptions {
  /** Those of CA_DIRECTORIES that the host has. */
  caDirectories: readonly string[];
  /** Members of an etcd cluster that this one joins, itself included; none for the first member. */
  initialCluster?: readonly { name: string; peerUrl: string }[];
  /** Default `existing` where initialCluster is given; `new` for members that start a cluster together. */
  initialClusterState?: 'new' | 'existing';
}

/** The manifests of one control-plane host, as kubeadm writes them (arguments and keys sorted). */
export function staticPods(spec: ClusterSpec, node: NodeSpec, options: StaticPodOptions): HostFile[] {
  return STATIC_PODS.map((name) => staticPodFile(name, spec, node, options));
}

export function staticPodPath(name: StaticPodName): string {
  return `${MANIFESTS_DIR}/${name}.yaml`;
}

export function staticPodFile(
  name: StaticPodName,
  spec: ClusterSpec,
  node: NodeSpec,
  options: StaticPodOptions,
): HostFile {
  const content = canonicalYaml({ ...staticPod(name, spec, node, options), status: {} });
  return { path: staticPodPath(name), mode: 0o600, content };
}

export function staticPod(
  name: StaticPodName,
  spec: ClusterSpec,
  node: NodeSpec,
  options: StaticPodOptions,
): Pod {
  const pod = yamlTemplate<Pod>(`static-pods/${name}.yaml`);
  setImage(pod, imageReferences(spec), name);
  MUTATORS[name](pod, spec, node, options);
  return pod;
}

type Mutator = (pod: Pod, spec: ClusterSpec, node: NodeSpec, options: StaticPodOptions) => void;

const MUTATORS: Record<StaticPodName, Mutator> = {
  etcd(pod, _spec, node, options) {
    const client = `https://${hostPort(node.address, 2379)}`;
    const peer = `https://${hostPort(node.address, 2380)}`;
    const members = options.initialCluster ?? [{ name: node.name, peerUrl: peer }];
    const state = options.initialClusterState ?? (options.initialCluster ? 'existing' : undefined);
    annotate(pod, 'etcd.advertise-client-urls', client);
    setArguments(pod, {
      name: node.name,
      'advertise-client-urls': client,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': members.map((member) => `${member.name}=${member.peerUrl}`).join(','),
      ...(state ? { 'initial-cluster-state': state } : {}),
      'listen-client-urls': `https://${hostPort(loopback(node), 2379)},${client}`,
      'listen-metrics-urls': `http://${hostPort(loopback(node), 2381)}`,
      'listen-peer-urls': peer,
    });
    setProbeHost(pod, loopback(node));
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
    setProbeHost(pod, node.address);
    mountCaDirectories(pod, options.caDirectories);
  },
  'kube-controller-manager'(pod, spec, _node, options) {
    setArguments(pod, {
      'allocate-node-cidrs': 'true',
      'cluster-cidr': spec.networking.podSubnet,
      'cluster-name': spec.name,
      'service-cluster-ip-range': spec.networking.serviceSubnet,
    });
    setProbeHost(pod, '127.0.0.1');
    mountCaDirectories(pod, options.caDirectories);
  },
  'kube-scheduler'(pod) {
    setProbeHost(pod, '127.0.0.1');
  },
};

function setImage(pod: Pod, images: ImageReferences, name: StaticPodName): void {
  containerOf(pod.spec).image = images[name];
}

function annotate(pod: Pod, key: string, value: string): void {
  pod.metadata.annotations = { ...pod.metadata.annotations, [`kubeadm.kubernetes.io/${key}`]: value };
}

/** Sets or replaces `--name=value` and sorts; the program's name stays in front. */
function setArguments(pod: Pod, values: Record<string, string>): void {
  const container = containerOf(pod.spec);
  const [program = '', ...fixed] = container.command ?? [];
  const named = new Map(fixed.map((argument) => [argument.slice(2, argument.indexOf('=')), argument]));
  for (const [name, value] of Object.entries(values)) named.set(name, `--${name}=${value}`);
  container.command = [
    program,
    ...[...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, argument]) => argument),
  ];
}

function setProbeHost(pod: Pod, host: string): void {
  const { livenessProbe, readinessProbe, startupProbe } = containerOf(pod.spec);
  for (const probe of [livenessProbe, readinessProbe, startupProbe]) if (probe) probe.httpGet.host = host;
}

function mountCaDirectories(pod: Pod, paths: readonly string[]): void {
  const container = containerOf(pod.spec);
  for (const path of paths) {
    const name = path.slice(1).replaceAll('/', '-');
    container.volumeMounts?.push({ mountPath: path, name, readOnly: true });
    pod.spec.volumes.push({ hostPath: { path, type: 'DirectoryOrCreate' }, name });
  }
  container.volumeMounts?.sort(byName);
  pod.spec.volumes.sort(byName);
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
