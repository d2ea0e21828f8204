import type { ApiClient } from './port.ts';

/** The same client, of which some things are done in another way. Its methods are called on itself, whatever it is. */
export function overlaid(
  client: ApiClient,
  changes: Partial<Pick<ApiClient, 'request' | 'stream' | 'upgrade'>>,
): ApiClient {
  return {
    server: client.server,
    namespace: client.namespace,
    request: (request) => client.request(request),
    stream: (request) => client.stream(request),
    upgrade: (request, protocols) => client.upgrade(request, protocols),
    discovery: (options) => client.discovery(options),
    close: () => client.close(),
    ...changes,
  };
}
