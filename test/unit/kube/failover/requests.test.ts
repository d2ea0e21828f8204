import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../../src/base/exit-codes.ts';
import type { ApiRequest } from '../../../../src/kube/port.ts';
import { type Answer, fakeServer, json } from '../fake-server.ts';
import { clientOf, closing, dead, deaf, dies, failure, never, ok, server, unwell } from './several.ts';

const post: ApiRequest = { method: 'POST', path: '/x', body: {} };
const apply: ApiRequest = {
  method: 'PATCH',
  path: '/x',
  contentType: 'application/apply-patch+yaml',
  body: {},
};
const days = (count: number) => new Date(Date.now() + count * 86_400_000);

describe('a server that takes no connection', () => {
  test('refused: the next one is used, for any request, and told once', async () => {
    const good = await server(ok);
    const { client, told } = clientOf([await dead(), good]);
    await client.request(post);
    await client.request({ path: '/y' });
    await client.request(post);
    expect(good.received.map(({ method }) => method)).toEqual(['POST', 'GET', 'POST']);
    expect(good.connections()).toBe(1);
    expect(told).toEqual(['nothing listens at A (connection refused); B is used instead']);
  });

  test('silent: the next one is not held back until the time is up', async () => {
    const good = await server(ok);
    const { client, told } = clientOf([await deaf(), good], { connectTimeoutMs: 60_000, staggerMs: 50 });
    await client.request(post);
    expect(good.received).toHaveLength(1);
    expect(told).toEqual(['A does not answer; B is used instead']);
  });

  test('one that answers is used alone: nobody else is bothered', async () => {
    const [first, second] = [await server(ok), await server(ok)];
    const { client, told } = clientOf([first, second]);
    await Promise.all(Array.from({ length: 50 }, () => client.request({ path: '/x' })));
    expect([first.connections(), second.connections()]).toEqual([1, 0]);
    expect(told).toEqual([]);
  });

  test('a certificate that is wrong: of another CA, for another name, out of its time', async () => {
    const stranger = closing(await fakeServer(ok));
    const misnamed = await server(ok);
    const expired = await server(ok, { notBefore: days(-2), notAfter: days(-1) });
    const good = await server(ok);
    const wrongName = misnamed.endpoint.server.replace('127.0.0.1', 'localhost');
    const servers = [stranger.endpoint.server, wrongName, expired, good];
    const { client, told } = clientOf(servers);
    await client.request(post);
    expect([stranger, misnamed, expired, good].map(({ received }) => received.length)).toEqual([0, 0, 0, 1]);
    expect(told[0]).toMatch(
      /^the certificate of A was not signed by the cluster's CA in the kubeconfig \(\w+\); D is used instead$/,
    );
    expect(told[1]).toMatch(/^the certificate of B is for other names: .*; D is used instead$/);
    expect(told[2]).toBe('the certificate of C has expired; D is used instead');
  });

  test('tls-server-name holds for each of them', async () => {
    const good = await server(ok);
    const named = good.endpoint.server.replace('127.0.0.1', 'localhost');
    const tls = { ca: good.endpoint.tls.ca!, serverName: '127.0.0.1' };
    const { client } = clientOf([await dead(), named], {}, { tls });
    expect((await client.request({ path: '/x' })).status).toBe(200);
  });
});

describe('a server that is lost', () => {
  test('between two requests', async () => {
    const [first, second] = [await server(ok), await server(ok)];
    const { client, told } = clientOf([first, second]);
    await client.request(post);
    await first.close();
    await client.request(post);
    await client.request(post);
    expect([first.received.length, second.received.length]).toEqual([1, 2]);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/; B is used instead$/);
  });

  test.each<[string, ApiRequest]>([
    ['GET', { path: '/x' }],
    ['apply', apply],
    ['DELETE of one uid', { method: 'DELETE', path: '/x', body: { preconditions: { uid: '1' } } }],
  ])('in the middle of %s: the other one is asked', async (_what, request) => {
    const [first, second] = [await server(dies), await server(ok)];
    const { client, told } = clientOf([first, second]);
    expect((await client.request(request)).body).toEqual({ ok: true });
    expect([first.received.length, second.received.length]).toEqual([1, 1]);
    expect(told).toEqual(['A was lost in the middle of a request; B is used instead']);
  });

  test.each<[string, ApiRequest]>([
    ['POST', post],
    ['JSON patch', { method: 'PATCH', path: '/x', contentType: 'application/json-patch+json', body: [] }],
    ['DELETE', { method: 'DELETE', path: '/x' }],
  ])('in the middle of %s: never asked twice, the next one goes elsewhere', async (_what, request) => {
    const [first, second] = [await server(dies), await server(ok)];
    const { client, named } = clientOf([first, second]);
    const error = await failure(client, request);
    expect(error).toMatchObject({ code: 'AnswerLost', exit: EXIT.apiUnreachable });
    expect(named(error.message)).toBe(
      `the connection to A was lost before the answer to ${request.method} /x was complete; it is not known whether the change was made`,
    );
    expect(second.received).toEqual([]);
    await client.request(request);
    expect([first.received.length, second.received.length]).toEqual([1, 1]);
  });

  test('100 requests on the connection: each is answered, and it is told once', async () => {
    let alive = true;
    const half: Answer = (request, response, count) => {
      if (count === 40) alive = false;
      if (alive) ok(request, response, count);
      else dies(request, response, count);
    };
    const [first, second] = [await server(half), await server(ok)];
    const { client, told } = clientOf([first, second]);
    const answers = await Promise.all(Array.from({ length: 100 }, () => client.request(apply)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(second.connections()).toBe(1);
    expect(told).toHaveLength(1);
  });

  test('GOAWAY is no loss: the same server is used on', async () => {
    const first = await server((_request, response, count) => {
      if (count === 1) first.sessions[0]?.goaway(0);
      json(response, 200, {});
    });
    const second = await server(ok);
    const { client, told } = clientOf([first, second]);
    for (let i = 0; i < 5; i++) await client.request({ path: '/x' });
    expect([first.received.length, second.received.length]).toEqual([5, 0]);
    expect(told).toEqual([]);
  });
});

describe('a server that cannot work', () => {
  const leaderless: Answer = (_request, response) =>
    json(response, 500, { kind: 'Status', status: 'Failure', message: 'etcdserver: no leader', code: 500 });

  test.each<[string, Answer, string]>([
    [
      '503',
      unwell,
      'A answered 503 (the server is currently unable to handle the request); B is used instead',
    ],
    ['etcd without a leader', leaderless, 'A answered 500 (etcdserver: no leader); B is used instead'],
  ])('%s: what is safe goes to another one, a POST is not sent again', async (_what, answer, line) => {
    const [first, second] = [await server(answer), await server(ok)];
    const { client, told } = clientOf([first, second]);
    expect(await failure(client, post)).toMatchObject({ exit: EXIT.failure });
    expect(second.received).toEqual([]);
    const again = clientOf([first, second]);
    expect((await again.client.request(apply)).status).toBe(200);
    expect(again.told).toEqual([line]);
    // What comes after a POST that failed does not go there again.
    await client.request(post);
    expect(second.received.map(({ method }) => method)).toEqual(['PATCH', 'POST']);
    expect(told).toEqual([line]);
  });

  test('with Retry-After it has not begun: a POST goes to another one, without the wait', async () => {
    const first = await server((_request, response) =>
      json(
        response,
        503,
        { kind: 'Status', reason: 'ServiceUnavailable', message: 'apiserver is shutting down' },
        { 'retry-after': '3600' },
      ),
    );
    const second = await server(ok);
    const { client } = clientOf([first, second]);
    expect((await client.request(post)).status).toBe(200);
    expect([first.received.length, second.received.length]).toEqual([1, 1]);
  });

  test('one that hangs over a request: the other one is asked in time', async () => {
    const [first, second] = [await server(never), await server(ok)];
    const { client, told } = clientOf([first, second]);
    expect((await client.request({ path: '/x', timeoutMs: 3000 })).status).toBe(200);
    expect([first.received.length, second.received.length]).toEqual([1, 1]);
    expect(told).toEqual(['A has stopped answering (no answer within 1 s); B is used instead']);
  });

  test.each(['request is too large', 'mvcc: database space exceeded'])(
    'etcdserver: %s is no fault of the server, and asking again does not help',
    async (words) => {
      const full: Answer = (_request, response) =>
        json(response, 500, { kind: 'Status', status: 'Failure', message: `etcdserver: ${words}` });
      const [first, second] = [await server(full), await server(ok)];
      const { client } = clientOf([first, second]);
      expect((await failure(client, apply)).message).toBe(`etcdserver: ${words}`);
      expect([first.received.length, second.received.length]).toEqual([1, 0]);
    },
  );

  test('what stands behind the server is down (503 without a reason): that is no fault of the server', async () => {
    const behind: Answer = (_request, response, count) => {
      if (count === 2) return json(response, 200, {});
      response.writeHead(503, { 'content-type': 'text/plain' }).end('service unavailable');
    };
    const [first, second] = [await server(behind), await server(ok)];
    const { client, told } = clientOf([first, second]);
    expect((await client.request({ path: '/apis/metrics.k8s.io/v1beta1' })).status).toBe(200);
    expect([first.received.length, second.received.length]).toEqual([2, 0]);
    expect(told).toEqual([]);
  });

  test('all of them: asked in turn until one can again', async () => {
    let left = 4;
    const answer: Answer = (request, response, count) => (left-- > 0 ? unwell : ok)(request, response, count);
    const servers = [await server(answer), await server(answer)];
    const { client, told } = clientOf(servers);
    expect((await client.request({ path: '/x' })).status).toBe(200);
    expect(servers.map(({ received }) => received.length)).toEqual([3, 2]);
    // To and fro four times, told once each way.
    const why = 'answered 503 (the server is currently unable to handle the request)';
    expect(told).toEqual([`A ${why}; B is used instead`, `B ${why}; A is used instead`]);
  });
});

describe('none of them', () => {
  test('one error names each with its reason, the most telling first', async () => {
    const expired = await server(ok, { notBefore: days(-2), notAfter: days(-1) });
    const { client, named } = clientOf([await deaf(), await dead(), expired], {
      connectTimeoutMs: 1500,
      staggerMs: 50,
    });
    const error = await failure(client, post);
    expect(error).toMatchObject({ code: 'NoServerAnswers', exit: EXIT.apiUnreachable });
    expect(named(error.message)).toBe(
      'none of the 3 API servers can be used: the certificate of C has expired; nothing listens at B (connection refused); A does not answer (connecting timed out)',
    );
    expect(error.hint).toBe('renew it: kubewright certs renew');
  });

  test('a GET that had an answer before waits for one that comes back', async () => {
    const [first, second] = [await server(ok), await server(ok)];
    const { client, named } = clientOf([first, second]);
    await client.request({ path: '/x' });
    await first.close();
    await second.close();
    const error = await failure(client, { path: '/x', timeoutMs: 700 });
    expect(error.code).toBe('NoServerAnswers');
    expect(named(error.message)).toBe(
      'none of the 2 API servers can be used: nothing listens at A (connection refused); nothing listens at B (connection refused)',
    );
  });

  test('our own certificate is at fault: no server is accused', async () => {
    const servers = [await server(ok), await server(ok)];
    const { client, told } = clientOf(servers, {}, { tls: { cert: 'rubbish', key: 'rubbish' } });
    expect(await failure(client, post)).toMatchObject({
      code: 'CredentialsUnreadable',
      exit: EXIT.kubeconfig,
    });
    expect(told).toEqual([]);
  });

  test('a client that is closed says so, whatever it was trying', async () => {
    const { client } = clientOf([await deaf(), await deaf()]);
    const asked = failure(client, post);
    await new Promise((done) => setTimeout(done, 20));
    await client.close();
    expect(await asked).toMatchObject({ code: 'ClientClosed' });
  });
});
