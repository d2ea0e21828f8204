import {
  createServer as createPlain,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createApiClient } from '../../../src/kube/client.ts';
import type { ApiEndpoint, ApiRequest } from '../../../src/kube/port.ts';
import { makeAuthority } from '../../api/support/certificates.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

type Listener = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A server, or a proxy in front of one, that has never heard of HTTP/2. */
async function serve(listener: Listener, { secure = true, more = {} as Partial<ApiEndpoint> } = {}) {
  const authority = await makeAuthority('old-ca');
  const pair = await authority.issue({ subject: 'CN=old', sans: ['127.0.0.1'] });
  let requests = 0;
  const sockets = new Set<Socket>();
  const onRequest = (request: IncomingMessage, response: ServerResponse) =>
    void request.resume().once('end', () => listener(request, response, ++requests));
  const server: Server = secure ? createServer(pair, onRequest) : createPlain(onRequest);
  server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const endpoint = {
    server: `${secure ? 'https' : 'http'}://${address}`,
    tls: { ca: authority.cert },
    ...more,
  };
  const client = createApiClient(endpoint, { env: {} });
  open.push({ close: () => server.closeAllConnections() ?? server.close() }, client);
  return { client, address, requests: () => requests, connections: () => sockets.size };
}

function answer(response: ServerResponse, body = '{"whole":true}'): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
}
const half = (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json' }).write('{"whole"');
  setTimeout(() => response.destroy(), 20);
};
const MERGE: ApiRequest = {
  method: 'PATCH',
  path: '/x',
  contentType: 'application/merge-patch+json',
  body: {},
};

describe('a server that speaks HTTP/1.1 only', () => {
  test.each([[true], [false]])(
    'many at once, over a few connections that are kept (TLS: %s)',
    async (secure) => {
      const { client, connections, address } = await serve(
        (request, response) => {
          expect(request.headers.host).toBe(address);
          answer(response);
        },
        { secure },
      );
      for (let round = 0; round < 3; round++) {
        const asked = Array.from({ length: 60 }, (_, i) => client.request({ path: `/x/${i}` }));
        for (const { body } of await Promise.all(asked)) expect(body).toEqual({ whole: true });
      }
      expect(connections()).toBeLessThanOrEqual(16);
    },
  );

  test('a body arrives with its length and type', async () => {
    const { client } = await serve((request, response) =>
      answer(response, JSON.stringify([request.headers['content-type'], request.headers['content-length']])),
    );
    const body = { name: 'é' };
    expect((await client.request({ ...MERGE, body })).body).toEqual([
      'application/merge-patch+json',
      String(Buffer.byteLength(JSON.stringify(body))),
    ]);
  });

  test('a truncated answer: what may be sent twice is sent again', async () => {
    const { client, requests } = await serve((_request, response, count) =>
      count === 1 ? half(response) : answer(response),
    );
    expect((await client.request({ path: '/x' })).body).toEqual({ whole: true });
    expect(requests()).toBe(2);
  });

  test.each<[string, Listener]>([
    ['a truncated answer', (_request, response) => half(response)],
    ['no answer', (_request, response) => void response.destroy()],
  ])('%s: of any other write it is said that nobody knows', async (_what, listener) => {
    const { client, requests } = await serve(listener);
    await expect(client.request(MERGE)).rejects.toMatchObject({ code: 'AnswerLost' });
    expect(requests()).toBe(1);
  });

  test('the timeout ends a body that stalls, and close what is under way', async () => {
    const { client, requests } = await serve((request, response) => {
      if (request.url === '/stalls') response.writeHead(200).write('x');
    });
    await expect(client.request({ path: '/stalls', timeoutMs: 200 })).rejects.toMatchObject({
      code: 'RequestTimeout',
    });
    const asked = client.request({ path: '/silent' }).catch((error) => error);
    while (requests() < 2) await new Promise((done) => setTimeout(done, 5));
    await client.close();
    expect(await asked).toMatchObject({ code: 'ClientClosed' });
  });

  test('each group of an impersonation is a header line of its own', async () => {
    const { client } = await serve(
      (request, response) => answer(response, JSON.stringify(request.headersDistinct['impersonate-group'])),
      { more: { impersonate: { user: 'u', groups: ['a', 'b'] } } },
    );
    expect((await client.request({ path: '/x' })).body).toEqual(['a', 'b']);
  });
});
