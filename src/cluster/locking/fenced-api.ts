import type { ApiClient } from '../../kube/port.ts';

/** An API server has no part in our lock: before each write it is made sure here that the lock is still held. */
export function fencedApi(client: ApiClient, confirm: () => Promise<void>): ApiClient {
  return {
    server: client.server,
    namespace: client.namespace,
    request: async (request) => {
      if ((request.method ?? 'GET') !== 'GET') await confirm();
      return client.request(request);
    },
    stream: (request) => client.stream(request),
    upgrade: (request, protocols) => client.upgrade(request, protocols),
    discovery: (options) => client.discovery(options),
    close: () => client.close(),
  };
}
