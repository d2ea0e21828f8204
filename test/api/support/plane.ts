import { describe, inject } from 'vitest';
import { type ApiClientOptions, createApiClient } from '../../../src/kube/client.ts';
import type { ApiClient, ApiEndpoint } from '../../../src/kube/port.ts';
import type { Pair } from './certificates.ts';

/** The shared control plane; only inside `withControlPlane`. */
export const plane = () => inject('controlPlane')!;

/** describe, skipped (and counted as skipped) where the real programs are missing. */
export function withControlPlane(name: string, body: () => void): void {
  describe.skipIf(!inject('controlPlane'))(name, body);
}

export function endpointOf(pair: Pair = plane().admin): ApiEndpoint {
  return { server: plane().server, tls: { ca: plane().ca, cert: pair.cert, key: pair.key } };
}

export function adminClient(options: Partial<ApiClientOptions> = {}): ApiClient {
  return createApiClient(endpointOf(), { env: {}, ...options });
}

let count = 0;

/** A namespace of its own for one test. */
export async function freshNamespace(client: ApiClient): Promise<string> {
  const name = `t-${process.pid}-${Date.now().toString(36)}-${count++}`;
  await client.request({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  });
  return name;
}
