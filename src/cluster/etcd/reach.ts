import type { Host } from '../../host/port.ts';
import type { ClusterPorts } from '../ports.ts';
import { hostPort, loopback } from '../spec/node.ts';
import type { NodeSpec } from '../spec/types.ts';
import { type EtcdClient, etcdClient } from './client.ts';
import type { EtcdCredentials } from './credentials.ts';

/** etcd by way of a control plane's connection: its own member, and from there every other. No port has to be open. */
export function etcdThrough(
  ports: Pick<ClusterPorts, 'apiClient'>,
  host: Pick<Host, 'tunnel'>,
  entry: string,
  credentials: EtcdCredentials,
): EtcdClient {
  return etcdClient(entry, (server) => {
    const { hostname, port } = new URL(server);
    const address = hostname.replaceAll(/[[\]]/g, '');
    return ports.apiClient({
      server,
      tls: credentials,
      dial: () => host.tunnel(address, Number(port)),
    });
  });
}

export function ownEntry(node: NodeSpec): string {
  return `https://${hostPort(loopback(node), 2379)}`;
}
