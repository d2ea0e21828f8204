import type { IncomingMessage, ServerResponse } from 'node:http';
import http2, { type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { ApiEndpoint } from '../../../src/kube/port.ts';
import { type Authority, makeAuthority } from '../../api/support/certificates.ts';

export interface Received {
  method: string;
  path: string;
  body: string;
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
}

export type Answer = (request: Received, response: ServerResponse, count: number) => void;

/** An HTTP/2 server over TLS on loopback that answers as the test says, and remembers what it was asked. */
export async function fakeServer(
  answer: Answer,
  { authority: given, ...validity }: { notBefore?: Date; notAfter?: Date; authority?: Authority } = {},
) {
  const authority = given ?? (await makeAuthority('fake-ca'));
  const { cert, key } = await authority.issue({ subject: 'CN=fake', sans: ['127.0.0.1'], ...validity });
  const received: Received[] = [];
  const sessions: ServerHttp2Session[] = [];
  let connections = 0;
  const server: Http2SecureServer = http2.createSecureServer({ cert, key, allowHTTP1: true }, ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const got = {
        method: request.method!,
        path: request.url!,
        body: Buffer.concat(chunks).toString(),
        headers: request.headers,
        rawHeaders: request.rawHeaders,
      };
      received.push(got);
      answer(got, response, received.length);
    });
  }) as never);
  server.on('session', (session) => sessions.push(session));
  server.on('secureConnection', () => connections++);
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint: ApiEndpoint = {
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tls: { ca: authority.cert },
  };
  return {
    endpoint,
    received,
    sessions,
    connections: () => connections,
    close: async () => {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
