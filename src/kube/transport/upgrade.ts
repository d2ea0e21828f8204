import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { KubewrightError } from '../../base/errors.ts';
import { ApiError } from '../errors.ts';
import type { ApiEndpoint, ApiRequest } from '../port.ts';
import { readBody } from './body.ts';
import { refusal } from './exchange.ts';
import { at, unreachable } from './failures.ts';
import { requestHeaders, target } from './headers.ts';
import { isUnwell } from './retry.ts';
import type { Servers } from './servers.ts';

/** A frame carries at most what the other side sends at once; 32 KiB from API servers. */
const LARGEST_MESSAGE = 16 * 1024 * 1024;

interface UpgradeContext {
  servers: Servers;
  userAgent: string;
}

/**
 * A WebSocket over its own connection, with the credentials, proxy and tunnel of every other request.
 * The socket is paused until the caller listens, so that no first message is lost. Another server is asked only where
 * this one did not begin: what a command has done already nobody knows.
 */
export async function openWebSocket(
  endpoint: ApiEndpoint,
  request: ApiRequest,
  protocols: string[],
  context: UpgradeContext,
): Promise<WebSocket> {
  for (let left = context.servers.count - 1; ; left--) {
    const { server, socket } = await connected(endpoint, context, request.signal);
    try {
      return await upgraded(at(endpoint, server), request, protocols, { socket, context });
    } catch (error) {
      if (!(error instanceof ApiError) || !isUnwell(error)) throw error;
      context.servers.failed(server, error);
      if (left === 0 || error.httpStatus === 500) throw error;
    }
  }
}

async function connected(endpoint: ApiEndpoint, { servers }: UpgradeContext, signal?: AbortSignal) {
  try {
    return await servers.connect(['http/1.1'], signal ?? new AbortController().signal);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw unreachable(error, endpoint);
  }
}

async function upgraded(
  endpoint: ApiEndpoint,
  request: ApiRequest,
  protocols: string[],
  { socket, context }: { socket: Socket; context: UpgradeContext },
): Promise<WebSocket> {
  const webSocket = new WebSocket(`${endpoint.server.replace(/^http/, 'ws')}${target(request)}`, protocols, {
    // The socket is connected and verified already; ws only has to speak over it.
    createConnection: () => socket as never,
    headers: await requestHeaders(endpoint, context.userAgent, { impersonate: request.impersonate }),
    handshakeTimeout: request.timeoutMs ?? 30_000,
    followRedirects: false,
    maxPayload: LARGEST_MESSAGE,
    perMessageDeflate: false,
  });
  return opened(webSocket, endpoint, request);
}

function opened(webSocket: WebSocket, endpoint: ApiEndpoint, request: ApiRequest): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      webSocket.terminate();
      reject(request.signal?.reason);
    };
    if (request.signal?.aborted) return abort();
    request.signal?.addEventListener('abort', abort, { once: true });
    webSocket.once('open', () => {
      request.signal?.removeEventListener('abort', abort);
      webSocket.pause();
      resolve(webSocket);
    });
    webSocket.once('unexpected-response', (_request, response: IncomingMessage) => {
      refusedUpgrade(endpoint, request, response).then(reject, reject);
    });
    webSocket.once('error', (error) =>
      reject(protocolRefused(error, endpoint) ?? unreachable(error, endpoint)),
    );
  });
}

async function refusedUpgrade(endpoint: ApiEndpoint, request: ApiRequest, response: IncomingMessage) {
  const body = await readBody(response, response.headers, true);
  response.destroy();
  return refusal(endpoint, request, { status: response.statusCode ?? 500, headers: response.headers, body });
}

function protocolRefused(error: Error, endpoint: ApiEndpoint): KubewrightError | undefined {
  if (!/subprotocol/i.test(error.message)) return undefined;
  return new KubewrightError({
    code: 'ProtocolRefused',
    message: `${endpoint.server} takes none of the stream protocols offered`,
    exit: 'failure',
    cause: error,
  });
}
