import { connect as connectTcp, isIP, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import { KubewrightError } from '../../base/errors.ts';
import { dialThroughProxy, proxyFor } from '../../base/proxy.ts';
import type { ApiEndpoint } from '../port.ts';

export interface ConnectOptions {
  alpn: ('h2' | 'http/1.1')[];
  env: Record<string, string | undefined>;
  /** For making the connection, not for its life. */
  timeoutMs: number;
  /** Gives up, with its reason; of no effect once the connection stands. */
  signal?: AbortSignal;
}

/** A socket to the API server, ready for requests: dialled, through the proxy where one is set, TLS verified. */
export async function connect(endpoint: ApiEndpoint, options: ConnectOptions): Promise<Socket> {
  const deadline = new AbortController();
  const giveUp = () => deadline.abort(options.signal?.reason);
  // Disarmed below: a deadline that outlives its connection would cut it off in the middle of its work.
  const timer = setTimeout(() => deadline.abort(connectTimeout(endpoint)), options.timeoutMs);
  options.signal?.addEventListener('abort', giveUp, { once: true });
  if (options.signal?.aborted) giveUp();
  try {
    deadline.signal.throwIfAborted();
    const raw = await bounded(deadline.signal, dial(endpoint, options, deadline.signal));
    return await ready(endpoint, raw, options, deadline.signal);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', giveUp);
  }
}

async function ready(
  endpoint: ApiEndpoint,
  raw: Duplex,
  { alpn }: ConnectOptions,
  signal: AbortSignal,
): Promise<Socket> {
  if (raw instanceof Socket) {
    raw.setNoDelay(true);
    raw.setKeepAlive(true, 15_000);
  }
  if (!endpoint.server.startsWith('https:')) return raw as Socket;
  try {
    return await bounded(signal, secure(endpoint, raw, alpn));
  } catch (error) {
    raw.destroy();
    throw error;
  }
}

/** The loser of the race is destroyed when it comes late. */
async function bounded<T extends Duplex>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const expired = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  expired.catch(() => undefined);
  work.then(
    (socket) => signal.aborted && socket.destroy(),
    () => undefined,
  );
  return Promise.race([work, expired]);
}

const connectTimeout = (endpoint: ApiEndpoint): KubewrightError =>
  new KubewrightError({
    code: 'ConnectTimeout',
    message: `${endpoint.server} does not answer (connecting timed out)`,
    hint: 'a firewall, a wrong address, or a host that is down',
    exit: 'apiUnreachable',
  });

function dial(endpoint: ApiEndpoint, { env }: ConnectOptions, signal: AbortSignal): Promise<Duplex> {
  if (endpoint.dial) return endpoint.dial(endpoint.server, signal);
  const url = new URL(endpoint.server);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const proxy = proxyFor(endpoint.server, env);
  if (proxy) return dialThroughProxy(proxy, host, port, signal);
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port });
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

async function secure(endpoint: ApiEndpoint, raw: Duplex, alpn: string[]): Promise<TLSSocket> {
  const { tls } = endpoint;
  const host = new URL(endpoint.server).hostname.replace(/^\[|\]$/g, '');
  const expected = tls.serverName || host;
  const fresh = await endpoint.clientCertificate?.();
  return new Promise((resolve, reject) => {
    const socket = begin(() =>
      connectTls({
        socket: raw,
        host,
        // RFC 6066 forbids addresses as SNI; the check below still compares them with the SANs.
        servername: isIP(expected) ? '' : expected,
        checkServerIdentity: (_name, certificate) => checkServerIdentity(expected, certificate),
        ca: tls.ca,
        cert: fresh?.cert ?? tls.cert,
        key: fresh?.key ?? tls.key,
        rejectUnauthorized: !tls.insecure,
        ALPNProtocols: alpn,
        minVersion: 'TLSv1.2',
      }),
    );
    const lost = () =>
      reject(Object.assign(new Error('closed during the handshake'), { code: 'ECONNRESET' }));
    socket.once('error', reject);
    socket.once('close', lost);
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      socket.off('close', lost);
      resolve(socket);
    });
  });
}

function begin(start: () => TLSSocket): TLSSocket {
  try {
    return start();
  } catch (cause) {
    throw new KubewrightError({
      code: 'CredentialsUnreadable',
      message: `the certificate, key or CA of the kubeconfig cannot be used: ${(cause as Error).message}`,
      exit: 'kubeconfig',
      cause,
    });
  }
}
