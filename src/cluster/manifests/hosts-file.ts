import type { ClusterSpec } from '../spec/types.ts';

/**
 * Lines for /etc/hosts: where this host finds the cluster's endpoint. On a control plane that is its own API server.
 * None where the endpoint is an address.
 */
export function hostsBlock(spec: ClusterSpec, endpointAddress: string): string[] {
  const { name } = spec.endpoint;
  return name === endpointAddress || /^[\d.]+$|:/.test(name) ? [] : [`${endpointAddress} ${name}`];
}
