import type { Socket } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { dialThroughProxy, proxyFor } from '../../base/proxy.ts';
import { authorities } from './trust.ts';

/** How long somebody may take to answer the telephone: name, connection and TLS together. */
const CONNECT_MS = 5_000;
/** A server that says nothing for so long is asked again. */
const SILENCE_MS = 30_000;

export interface DispatcherOptions {
  env: Record<string, string | undefined>;
  silenceMs?: number;
}

/** Connections to upstream: through the proxy of the environment, with the environment's authorities. */
export function dispatcher({ env, silenceMs = SILENCE_MS }: DispatcherOptions): Agent {
  const ca = authorities(env);
  const direct = buildConnector({ timeout: CONNECT_MS, ...(ca ? { ca } : {}) });
  return new Agent({
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    connect: (options, callback) => {
      const { protocol, hostname, port } = options;
      const proxy = proxyFor(`${protocol}//${hostname}${port ? `:${port}` : ''}`, env);
      if (!proxy) return direct(options, callback);
      const host = hostname.replace(/^\[|\]$/g, '');
      const to = Number(port) || (protocol === 'https:' ? 443 : 80);
      dialThroughProxy(proxy, host, to, AbortSignal.timeout(CONNECT_MS)).then(
        (socket) => {
          if (protocol === 'https:') direct({ ...options, httpSocket: socket as Socket }, callback);
          else callback(null, socket as Socket);
        },
        (error: Error) => callback(error, null),
      );
    },
  });
}
