import { cacheFile } from './cache-file.ts';
import { Discovery } from './discovery.ts';
import type { ApiClient, ApiEndpoint } from './port.ts';
import { type ExchangeContext, exchange } from './transport/exchange.ts';
import { Lane } from './transport/lane.ts';
import { Limiter } from './transport/limiter.ts';
import { openStream } from './transport/live-stream.ts';
import { ServerMemory } from './transport/server-memory.ts';
import { Servers } from './transport/servers.ts';
import { openWebSocket } from './transport/upgrade.ts';

export interface ApiClientOptions {
  /** For HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
  env: Record<string, string | undefined>;
  /** Where discovery and the server that answered last are kept between runs; without it each run asks anew. */
  cacheDir?: string;
  /** Default `kubewright`; servers write it into their audit log. */
  userAgent?: string;
  /** The command that is running, appended to the user agent. */
  command?: string;
  /** For making a connection; default 10 000. */
  connectTimeoutMs?: number;
  /** How long one server may be quiet before the next one is tried beside it; default 1000. */
  staggerMs?: number;
  /** What does not stop anything but should be known: a group whose server is down, a server that another stands in for. */
  warn?: (text: string) => void;
}

/** Connects on first use; nothing is asked of the server before that. */
export function createApiClient(endpoint: ApiEndpoint, options: ApiClientOptions): ApiClient {
  const { env } = options;
  const userAgent = [options.userAgent ?? 'kubewright', options.command].filter(Boolean).join(' ');
  const { cacheDir, connectTimeoutMs: connectMs, staggerMs, warn } = options;
  const memory = new ServerMemory(cacheDir && cacheFile(endpoint, cacheDir, 'server'));
  const servers = new Servers(endpoint, { env, connectMs, staggerMs, memory, warn });
  const requests: ExchangeContext = {
    endpoint,
    lane: new Lane(servers),
    limiter: new Limiter(),
    userAgent,
  };
  const streams: ExchangeContext = { ...requests, lane: new Lane(servers) };
  const discovery = new Discovery(endpoint, (request) => exchange(requests, request), options);
  return {
    server: endpoint.server,
    namespace: endpoint.namespace || 'default',
    request: (request) => exchange(requests, request),
    stream: (request) => openStream(streams, request),
    upgrade: (request, protocols) => openWebSocket(endpoint, request, protocols, { servers, userAgent }),
    discovery: (asked) => discovery.types(asked?.fresh ?? false),
    close: async () => {
      requests.lane.close();
      streams.lane.close();
      await memory.settled();
    },
  };
}
