import { isAddress } from '../spec/cidr.ts';
import { hasNodeBalancer, loopback, reachableControlPlanes } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';

/**
 * Lines for /etc/hosts: where this host finds the cluster's endpoint. On a control plane that is its own API server; on
 * a worker its balancer, and after it every API server, for as long as the balancer does not run: while the kubelet
 * bootstraps, above all. Go's resolver puts loopback first (RFC 6724, smaller scope) and its dialler tries one after
 * the other. None where the endpoint is an address, or somebody else's to resolve.
 */
export function hostsBlock(spec: ClusterSpec, node: NodeSpec): string[] {
  const { name, balancer } = spec.endpoint;
  if (isAddress(name) || balancer === 'external') return [];
  return endpointAddresses(spec, node).map((address) => `${address} ${name}`);
}

function endpointAddresses(spec: ClusterSpec, node: NodeSpec): string[] {
  if (node.role === 'control-plane') return [node.address];
  const servers = reachableControlPlanes(spec).map(({ address }) => address);
  return hasNodeBalancer(spec) ? [loopback(node), ...servers] : servers.slice(0, 1);
}
