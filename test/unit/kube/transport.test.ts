import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { createApiClient } from '../../../src/kube/client.ts';
import type { ApiClient, ApiEndpoint, ApiRequest } from '../../../src/kube/port.ts';
import { clientCertificateHint, unreachable } from '../../../src/kube/transport/failures.ts';
import { warningsOf } from '../../../src/kube/transport/headers.ts';
import { Lane } from '../../../src/kube/transport/lane.ts';
import { Limiter } from '../../../src/kube/transport/limiter.ts';
import { openStream } from '../../../src/kube/transport/live-stream.ts';
import { Servers } from '../../../src/kube/transport/servers.ts';
import { makeAuthority } from '../../api/support/certificates.ts';
import { fakeProxy } from '../../fakes/connect-proxy.ts';
import { type Answer, fakeServer, json } from './fake-server.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(answer: Answer, more: Partial<ApiEndpoint> = {}, env: Record<string, string> = {}) {
  const server = await fakeServer(answer);
  const client = createApiClient({ ...server.endpoint, ...more }, { env, userAgent: 'kubewright/test' });
  open.push(server, client);
  return { server, client };
}

const failure = (client: ApiClient, request: ApiRequest) =>
  client.request(request).then(
    () => expect.fail('was accepted'),
    (error) => error,
  );

describe('requests', () => {
  test('200 at once go over one connection', async () => {
    const { server, client } = await serve((_request, response) => json(response, 200, { ok: true }));
    await Promise.all(Array.from({ length: 200 }, (_, i) => client.request({ path: `/x/${i}` })));
    expect(server.connections()).toBe(1);
    expect(server.received).toHaveLength(200);
    expect(server.received[0]?.headers[':path' as never] ?? server.received[0]?.path).toBeTruthy();
    expect(server.received[0]?.headers['user-agent']).toBe('kubewright/test');
  });

  test('query, warnings, gzip and long integers', async () => {
    const { server, client } = await serve((_request, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        warning: '299 - "say \\"no\\""',
      });
      response.end(gzipSync('{"n":9007199254740993}'));
    });
    const answer = await client.request({
      path: '/x',
      query: { a: 'b c', list: ['1', '2'], none: undefined, yes: true },
    });
    expect(server.received[0]?.path).toBe('/x?a=b+c&list=1&list=2&yes=true');
    expect(answer.body).toEqual({ n: 9007199254740993n });
    expect(answer.warnings).toEqual(['say "no"']);
    expect(warningsOf(['299 - "a", 299 - "b"'])).toEqual(['a', 'b']);
  });

  test('429 with Retry-After is obeyed for any method, once more is sent, and the window shrinks', async () => {
    const { server, client } = await serve((_request, response, count) =>
      count === 1
        ? json(response, 429, { kind: 'Status', reason: 'TooManyRequests' }, { 'retry-after': '0' })
        : json(response, 201, {}),
    );
    expect((await client.request({ method: 'POST', path: '/x', body: {} })).status).toBe(201);
    expect(server.received).toHaveLength(2);
  });

  test('429 without Retry-After (an eviction that a budget forbids) is thrown', async () => {
    const { server, client } = await serve((_request, response) =>
      json(response, 429, { kind: 'Status', reason: 'TooManyRequests', message: 'disruption budget' }),
    );
    expect(await failure(client, { method: 'POST', path: '/x', body: {} })).toMatchObject({
      code: 'TooManyRequests',
      message: 'disruption budget',
    });
    expect(server.received).toHaveLength(1);
  });

  const breakFirst: Answer = (_request, response, count) => {
    if (count === 1)
      (response as unknown as { stream: { session: { destroy(): void } } }).stream.session.destroy();
    else json(response, 200, { count });
  };

  test.each<[string, ApiRequest]>([
    ['GET', { path: '/x' }],
    ['apply', { method: 'PATCH', path: '/x', contentType: 'application/apply-patch+yaml', body: {} }],
    ['PUT', { method: 'PUT', path: '/x', body: {} }],
    ['DELETE of one uid', { method: 'DELETE', path: '/x', body: { preconditions: { uid: '1' } } }],
  ])('%s is sent again when the connection breaks', async (_what, request) => {
    const { server, client } = await serve(breakFirst);
    expect((await client.request(request)).body).toEqual({ count: 2 });
    expect(server.connections()).toBe(2);
  });

  test.each<[string, ApiRequest]>([
    ['POST', { method: 'POST', path: '/x', body: {} }],
    ['JSON patch', { method: 'PATCH', path: '/x', contentType: 'application/json-patch+json', body: [] }],
    ['DELETE', { method: 'DELETE', path: '/x' }],
  ])('%s is not', async (_what, request) => {
    const { server, client } = await serve(breakFirst);
    expect(await failure(client, request)).toMatchObject({ exit: EXIT.apiUnreachable });
    expect(server.received).toHaveLength(1);
  });

  test('GOAWAY: what was not taken goes to a new connection', async () => {
    const { server, client } = await serve((_request, response, count) => {
      if (count === 1) server.sessions[0]?.goaway(0);
      json(response, 200, { count });
    });
    for (let i = 0; i < 5; i++) await client.request({ path: '/x' });
    expect(server.received).toHaveLength(5);
    expect(server.connections()).toBeGreaterThan(1);
  });

  test('a redirect is not followed, credentials stay here', async () => {
    const { server, client } = await serve((_request, response) =>
      json(response, 302, {}, { location: 'https://evil.example/' }),
    );
    expect((await failure(client, { path: '/x' })).message).toContain(
      'redirects to https://evil.example/: not followed',
    );
    expect(server.received).toHaveLength(1);
  });

  test('an endless error page is cut', async () => {
    const { client } = await serve((_request, response) => {
      response.writeHead(500, { 'content-type': 'text/html' });
      const pump = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', pump);
      };
      pump();
    });
    const error = await failure(client, { method: 'POST', path: '/x' });
    expect(error.httpStatus).toBe(500);
    expect(error.message.length).toBeLessThan(3000);
  });

  test.each<[string, Answer]>([
    ['accept, no reply', () => undefined],
    [
      'body stall',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"a":');
      },
    ],
  ])('%s: the timeout ends it', async (_what, answer) => {
    const { client } = await serve(answer);
    expect(await failure(client, { path: '/x', timeoutMs: 300 })).toMatchObject({
      code: 'RequestTimeout',
      exit: EXIT.apiUnreachable,
    });
  });

  test('the caller may end it', async () => {
    const { client } = await serve(() => undefined);
    const stop = new AbortController();
    const asked = failure(client, { path: '/x', signal: stop.signal });
    stop.abort(new Error('enough'));
    expect((await asked).message).toBe('enough');
  });

  test('401: a new token is asked for once', async () => {
    const asked: (boolean | undefined)[] = [];
    const authorization = async (refused?: boolean) => {
      asked.push(refused);
      return refused ? 'Bearer new' : 'Bearer old';
    };
    const { server, client } = await serve(
      (request, response) => json(response, request.headers.authorization === 'Bearer new' ? 200 : 401, {}),
      { authorization },
    );
    await client.request({ path: '/x' });
    expect(asked).toEqual([false, true]);
    expect(server.received).toHaveLength(2);
  });

  test('each group of an impersonation is a header line of its own', async () => {
    const impersonate = { user: 'u', groups: ['a', 'b'], uid: '7' };
    const { server, client } = await serve((_request, response) => json(response, 200, {}), { impersonate });
    await client.request({ path: '/x' });
    const raw = server.received[0]!.rawHeaders;
    const lines = raw.flatMap((name, i) => (name.toLowerCase() === 'impersonate-group' ? [raw[i + 1]] : []));
    expect(lines).toEqual(['a', 'b']);
  });
});

describe('ways to the server', () => {
  const ok: Answer = (_request, response) => json(response, 200, {});

  test('a tunnel is used in place of TCP, and the address is still checked', async () => {
    let dialled = 0;
    const { server, client } = await serve(ok, {
      dial: async () => dialTo(server.endpoint.server, () => dialled++),
    });
    await client.request({ path: '/x' });
    expect(dialled).toBe(1);
    const wrong = createApiClient(
      {
        ...server.endpoint,
        server: 'https://10.1.2.3:6443',
        dial: async () => dialTo(server.endpoint.server, () => 0),
      },
      { env: {} },
    );
    open.push(wrong);
    expect(await failure(wrong, { path: '/x' })).toMatchObject({ code: 'CertificateNameMismatch' });
    const named = createApiClient(
      {
        ...server.endpoint,
        server: 'https://10.1.2.3:6443',
        tls: { ...server.endpoint.tls, serverName: '127.0.0.1' },
        dial: async () => dialTo(server.endpoint.server, () => 0),
      },
      { env: {} },
    );
    open.push(named);
    expect((await named.request({ path: '/x' })).status).toBe(200);
  });

  test('a stream that is no socket (an SSH channel) carries it too', async () => {
    const { server, client } = await serve(ok, {
      dial: async () => {
        const socket = await dialTo(server.endpoint.server, () => 0);
        const { Duplex } = await import('node:stream');
        return Duplex.from({ readable: socket.pipe(new PassThrough()), writable: socket });
      },
    });
    expect((await client.request({ path: '/x' })).status).toBe(200);
  });

  test('through a proxy with a login; a refusal is told without the password', async () => {
    const { server } = await serve(ok);
    const proxy = await fakeProxy('me:secret');
    open.push(proxy);
    const { dialThroughProxy } = await import('../../../src/base/proxy.ts');
    const port = Number(new URL(server.endpoint.server).port);
    const through = (address: string) =>
      createApiClient(
        { ...server.endpoint, dial: () => dialThroughProxy(address, '127.0.0.1', port) },
        { env: {} },
      );
    const good = through(`http://me:secret@${proxy.address}`);
    const bad = through(`http://me:wrong@${proxy.address}`);
    open.push(good, bad);
    expect((await good.request({ path: '/x' })).status).toBe(200);
    const error = await failure(bad, { path: '/x' });
    expect(error).toMatchObject({ code: 'ProxyRefused', exit: EXIT.apiUnreachable });
    expect(error.message + error.hint).not.toContain('wrong');
  });

  test('refused, unknown name, plain HTTP: each has its own words', async () => {
    const dead = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => dead.once('listening', done));
    const { port } = dead.address() as AddressInfo;
    await new Promise((done) => dead.close(done));
    const plain = createServer((socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await new Promise((done) => plain.once('listening', done));
    open.push(plain);
    const codeOf = async (server: string) => {
      const client = createApiClient({ server, tls: {} }, { env: {} });
      open.push(client);
      return (await failure(client, { path: '/' })).code;
    };
    expect(await codeOf(`https://127.0.0.1:${port}`)).toBe('ConnectionRefused');
    expect(await codeOf('https://no-such-host.invalid')).toBe('NameNotResolved');
    expect(await codeOf(`https://127.0.0.1:${(plain.address() as AddressInfo).port}`)).toBe('NotTls');
  });
});

describe('certificates out of their time', () => {
  const days = (count: number) => new Date(Date.now() + count * 86_400_000);

  test.each([
    ['ServerCertificateExpired', { notBefore: days(-2), notAfter: days(-1) }],
    ['ServerCertificateNotYetValid', { notBefore: days(1), notAfter: days(2) }],
  ])("the server's: %s", async (code, validity) => {
    const server = await fakeServer((_request, response) => json(response, 200, {}), validity);
    const client = createApiClient(server.endpoint, { env: {} });
    open.push(server, client);
    expect(await failure(client, { path: '/x' })).toMatchObject({ code, exit: EXIT.apiUnreachable });
    expect(server.received).toEqual([]);
  });

  test('ours: an API server answers 401 and does not say why, we do', async () => {
    const ca = await makeAuthority('ours');
    const hint = async (notBefore: Date, notAfter: Date) =>
      clientCertificateHint((await ca.issue({ subject: 'CN=me', notBefore, notAfter })).cert);
    expect(await hint(days(-2), days(-1))).toMatch(/^our certificate expired on /);
    expect(await hint(days(1), days(2))).toMatch(/^our certificate is valid only from /);
    expect(await hint(days(-1), days(1))).toBeUndefined();
    expect(clientCertificateHint('rubbish')).toBe('our certificate cannot be read');
  });

  test.each([
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tlsv1 alert unknown ca', 'ClientCertificateRefused'],
    [
      'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED',
      'ssl/tls alert certificate expired',
      'ClientCertificateExpired',
    ],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'tlsv13 alert certificate required',
      'ClientCertificateRefused',
    ],
  ])('the alert %s', (code, message, expected) => {
    const cause = Object.assign(new Error(message), { code });
    const endpoint = { server: 'https://h:1', tls: {} };
    expect(unreachable(new Error('other side closed', { cause }), endpoint).code).toBe(expected);
  });
});

describe('streams', () => {
  test('a connection that went silent is noticed', async () => {
    let silent = false;
    const server = await fakeServer((request, response) => {
      if (silent) return;
      if (request.path === '/version') return json(response, 200, {});
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"type":"ADDED"}\n');
    });
    const lane = new Lane(new Servers(server.endpoint, { env: {} }));
    open.push(server, { close: () => lane.reset() });
    const context = {
      endpoint: server.endpoint,
      lane,
      limiter: new Limiter(),
      userAgent: 'x',
      quietMs: 100,
      probeTimeoutMs: 200,
    };
    const stream = await openStream(context, { path: '/watch' });
    const seen: string[] = [];
    stream.on('data', (chunk) => seen.push(String(chunk)));
    const ended = new Promise<Error>((done) => stream.once('error', done));
    await new Promise((done) => setTimeout(done, 450));
    expect(stream.destroyed).toBe(false);
    expect(server.received.filter(({ path }) => path === '/version').length).toBeGreaterThan(1);
    silent = true;
    expect(await ended).toMatchObject({ code: 'StreamLost', exit: EXIT.connectionLost });
    expect(seen).toEqual(['{"type":"ADDED"}\n']);
  });
});

describe('the limiter', () => {
  test('grows on success, halves on a refusal, and lets go who gave up', async () => {
    const limiter = new Limiter(2, 4);
    await limiter.acquire();
    await limiter.acquire();
    const stop = new AbortController();
    const third = limiter.acquire(stop.signal);
    stop.abort(new Error('gone'));
    await expect(third).rejects.toThrow('gone');
    limiter.release('ok');
    limiter.release('ok');
    expect(limiter.limit).toBe(3);
    for (let i = 0; i < 20; i++) {
      await limiter.acquire();
      limiter.release('ok');
    }
    expect(limiter.limit).toBe(4);
    await limiter.acquire();
    limiter.release('throttled');
    expect(limiter.limit).toBe(2);
  });
});

async function dialTo(server: string, count: () => number): Promise<Socket> {
  const socket = connect(Number(new URL(server).port), '127.0.0.1');
  await new Promise((done) => socket.once('connect', done));
  count();
  return socket;
}
