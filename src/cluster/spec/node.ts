import { isAddress } from './cidr.ts';
import type { ClusterSpec, NodeSpec, Taint } from './types.ts';

export const CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane';

/** What kubeadm gives a Node of this role. */
export function roleMarks(role: NodeSpec['role']): { labels: Record<string, string>; taints: Taint[] } {
  if (role !== 'control-plane') return { labels: {}, taints: [] };
  return {
    labels: { [CONTROL_PLANE_LABEL]: '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' },
    taints: [{ key: CONTROL_PLANE_LABEL, effect: 'NoSchedule' }],
  };
}

/** What the Node object is to carry: the host's own taints, or those of its role. */
export function nodeTaints(node: NodeSpec): Taint[] {
  return node.taints ?? roleMarks(node.role).taints;
}

export function nodeLabels(node: NodeSpec): Record<string, string> {
  return { ...roleMarks(node.role).labels, ...node.labels };
}

/** `key=value:NoSchedule`, as flags and `kubectl taint` take it. */
export function taintText(taint: Taint): string {
  return `${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect}`;
}

/** `https://kubernetes.kubewright.internal:6443` */
export function endpointUrl(spec: ClusterSpec): string {
  return `https://${hostPort(spec.endpoint.name, spec.endpoint.port)}`;
}

/** `https://10.0.0.1:6443`: the API server of this very node. */
export function localUrl(spec: ClusterSpec, node: NodeSpec): string {
  return `https://${hostPort(node.address, spec.endpoint.port)}`;
}

/** Each control plane runs a member of the cluster's etcd, unless that is outside. */
export function runsEtcd({ etcd }: ClusterSpec, { role }: NodeSpec): boolean {
  return role === 'control-plane' && etcd.external === undefined;
}

/** Those that can be reached: in a plan, hosts have no address before they were asked for it. */
export function reachableControlPlanes({ hosts }: ClusterSpec): NodeSpec[] {
  return hosts.filter(({ role, address }) => role === 'control-plane' && address !== '');
}

/** Of every control plane that is recorded. */
export function apiServerUrls(spec: ClusterSpec): string[] {
  return spec.hosts.filter(({ role }) => role === 'control-plane').map((node) => localUrl(spec, node));
}

/** An IPv6 address goes into brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The host of a URL as it is connected to: an IPv6 address without its brackets. */
export function bareHost(url: string): string {
  return new URL(url).hostname.replaceAll(/[[\]]/g, '');
}

/** An address is nobody's to resolve: what has it, answers. */
export function hasNodeBalancer({ endpoint }: ClusterSpec): boolean {
  return endpoint.balancer === 'node' && !isAddress(endpoint.name);
}

/** Both families' loopback as the node's own address has it. */
export function loopback(node: NodeSpec): string {
  return node.address.includes(':') ? '::1' : '127.0.0.1';
}
