import type { Host } from '../host/port.ts';
import type { ApiClient } from '../kube/port.ts';
import { withTimeout } from '../kube/with-timeout.ts';
import type { Administrator } from './pki/session.ts';
import type { ClusterPorts } from './ports.ts';
import { durationMs } from './spec/duration.ts';
import { localUrl } from './spec/node.ts';
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
  const client = ports.apiClient({
    server: localUrl(spec, node),
    tls: { ca, cert, key },
    dial: () => host.tunnel(node.address, spec.endpoint.port),
  });
  return withTimeout(client, durationMs(spec.timeouts.kubernetesAPICall));
}

/** What a function gives, asked for once however many ask. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
