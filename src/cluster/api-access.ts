import type { Host } from '../host/port.ts';
import type { ApiClient, ApiEndpoint } from '../kube/port.ts';
import { withTimeout } from '../kube/with-timeout.ts';
import type { Administrator } from './pki/session.ts';
import type { ClusterPorts } from './ports.ts';
import { durationMs } from './spec/duration.ts';
import { bareHost, localUrl } from './spec/node.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';

/** The API server of a control-plane host, reached through the connection to that host: no port has to be open. */
export function apiThrough(
  ports: ClusterPorts,
  host: Host,
  spec: ClusterSpec,
  node: NodeSpec,
  administrator: Administrator,
): ApiClient {
  const { ca, certificate: cert, key } = administrator;
  const server = localUrl(spec, node);
  const client = ports.apiClient({ server, tls: { ca, cert, key }, dial: dialThrough(host, server) });
  return withTimeout(client, durationMs(spec.timeouts.kubernetesAPICall));
}

/** The way to a server as that host sees it, through the connection to the host. */
export function dialThrough(host: Pick<Host, 'tunnel'>, server: string): NonNullable<ApiEndpoint['dial']> {
  const { port, protocol } = new URL(server);
  // A URL does not keep the port that its scheme has by default.
  const target = Number(port || (protocol === 'http:' ? 80 : 443));
  return () => host.tunnel(bareHost(server), target);
}

/** A component of a host at its own port: its certificate is its own, and who answers there is root's business. */
export function componentThrough(
  ports: Pick<ClusterPorts, 'apiClient'>,
  host: Pick<Host, 'tunnel'>,
  server: string,
): ApiClient {
  return ports.apiClient({ server, tls: { insecure: true }, dial: dialThrough(host, server) });
}

/** What a function gives, asked for once however many ask. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
