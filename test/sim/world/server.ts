import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: string;
  headers: Record<string, string | string[] | undefined>;
  /** Subject of the client's certificate, where the server's CA signed it. */
  user: { name: string; groups: string[] } | undefined;
}

export interface Answered {
  status: number;
  body: object | string;
}

/** PEM texts. `ca`: whose clients are known. */
export interface Keys {
  cert: string;
  key: string;
  ca?: string;
}

export interface SimServer {
  readonly listening: boolean;
  close(): void;
}

/** HTTPS with HTTP/2, as etcd and the API server speak it. */
export function serve(
  address: string,
  port: number,
  keys: Keys,
  answer: (asked: Asked) => Promise<Answered> | Answered,
): SimServer {
  const sessions = new Set<{ destroy(): void }>();
  const server: Http2SecureServer = createSecureServer(
    { ...keys, allowHTTP1: true, requestCert: true, rejectUnauthorized: false },
    (request, response) => void respond(request, response, answer),
  );
  const keep = (one: { destroy(): void; once(event: 'close', listener: () => void): unknown }) => {
    sessions.add(one);
    one.once('close', () => sessions.delete(one));
  };
  server.on('session', keep);
  server.on('secureConnection', keep);
  // A client that was killed in its handshake.
  for (const event of ['error', 'sessionError', 'tlsClientError'] as const) server.on(event, () => undefined);
  server.listen(port, address);
  return {
    get listening() {
      return server.listening;
    },
    close: () => {
      server.close();
      for (const one of sessions) one.destroy();
    },
  };
}

async function respond(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  answer: (asked: Asked) => Promise<Answered> | Answered,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url, 'https://host');
    const { status, body } = await answer({
      method: request.method,
      path: url.pathname,
      query: url.searchParams,
      body: Buffer.concat(chunks).toString('utf8'),
      headers: request.headers,
      user: userOf(request),
    });
    const text = typeof body === 'string';
    response.writeHead(status, { 'content-type': text ? 'text/plain' : 'application/json' });
    response.end(text ? body : JSON.stringify(body));
  } catch {
    // The client is gone.
    response.stream?.destroy();
  }
}

function userOf(request: Http2ServerRequest): Asked['user'] {
  const socket = (request.stream?.session?.socket ?? request.socket) as TLSSocket;
  if (!socket.authorized) return undefined;
  const { CN, O } = (socket.getPeerCertificate().subject ?? {}) as { CN?: string; O?: string | string[] };
  return CN === undefined ? undefined : { name: CN, groups: O === undefined ? [] : [O].flat() };
}
