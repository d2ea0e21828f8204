import { overlaid } from './overlaid.ts';
import type { ApiClient } from './port.ts';

/** Requests that set no time of their own get this one. Streams stay open as long as they flow. */
export function withTimeout(client: ApiClient, timeoutMs: number | undefined): ApiClient {
  if (timeoutMs === undefined) return client;
  return overlaid(client, {
    request: (request) => client.request({ timeoutMs, ...request }),
    stream: (request) => client.stream({ timeoutMs, ...request }),
    upgrade: (request, protocols) => client.upgrade({ timeoutMs, ...request }, protocols),
  });
}
