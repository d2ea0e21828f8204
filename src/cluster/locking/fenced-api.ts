import { overlaid } from '../../kube/overlaid.ts';
import type { ApiClient } from '../../kube/port.ts';

/** An API server has no part in our lock: before each write it is made sure here that the lock is still held. */
export function fencedApi(client: ApiClient, confirm: () => Promise<void>): ApiClient {
  return overlaid(client, {
    request: async (request) => {
      if ((request.method ?? 'GET') !== 'GET') await confirm();
      return client.request(request);
    },
  });
}
