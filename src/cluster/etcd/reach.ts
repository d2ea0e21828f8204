import type { Host } from '../../host/port.ts';
import { dialThrough } from '../api-access.ts';
import type { ClusterPorts } from '../ports.ts';
import { hostPort, loopback } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { type EtcdClient, etcdClient } from './client.ts';
import type { EtcdCredentials } from './credentials.ts';

/** etcd by way of a control plane's connection: its own member, and from there every other. No port has to be open. */
export function etcdThrough(
  ports: Pick<ClusterPorts, 'apiClient'>,
  host: Pick<Host, 'tunnel'>,
  entry: string,
  credentials: EtcdCredentials,
): EtcdClient {
  return etcdClient(entry, (server) =>
    ports.apiClient({ server, tls: credentials, dial: dialThrough(host, server) }),
  );
}

/** Where a control plane asks its cluster's etcd: its own member, or each of those outside. */
export function etcdEntries({ etcd }: Pick<ClusterSpec, 'etcd'>, node: NodeSpec): string[] {
  if (!etcd.external) return [ownEntry(node)];
  const { endpoints, httpEndpoints } = etcd.external;
  return httpEndpoints.length > 0 ? httpEndpoints : endpoints;
}

export function ownEntry(node: NodeSpec): string {
  return `https://${hostPort(loopback(node), 2379)}`;
}
