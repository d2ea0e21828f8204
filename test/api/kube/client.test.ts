import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { applyObjects } from '../../../src/kube/apply.ts';
import { createApiClient } from '../../../src/kube/client.ts';
import { ApiError } from '../../../src/kube/errors.ts';
import { loadEndpoint, mergeIntoKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { listAll, listPages } from '../../../src/kube/objects.ts';
import type { ApiClient, ApiEndpoint, ApiRequest } from '../../../src/kube/port.ts';
import { findType, resolveType } from '../../../src/kube/types.ts';
import { type WatchEvent, watch } from '../../../src/kube/watch.ts';
import { readManifests } from '../../../src/kube/yaml.ts';
import { adminClient, endpointOf, freshNamespace, plane, withControlPlane } from '../support/plane.ts';

/** Counts connections to the API server, and the requests that a client makes. */
async function countingRelay() {
  let connections = 0;
  const { port, hostname } = new URL(plane().server);
  const relay = createServer((socket) => {
    connections++;
    const upstream = connect(Number(port), hostname);
    upstream.pipe(socket).pipe(upstream);
    for (const end of [socket, upstream]) end.on('error', () => socket.destroy() && upstream.destroy());
  });
  await new Promise<void>((done) => relay.listen(0, '127.0.0.1', done));
  const server = `https://127.0.0.1:${(relay.address() as AddressInfo).port}`;
  return { server, connections: () => connections, close: () => relay.close() };
}

withControlPlane('the API client', () => {
  let client: ApiClient;
  let folder: string;
  beforeAll(() => {
    client = adminClient();
    folder = mkdtempSync(join(tmpdir(), 'api-client-'));
  });
  afterAll(async () => {
    await client.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const failure = async (endpoint: ApiEndpoint, request: ApiRequest = { path: '/api/v1/namespaces' }) => {
    const other = createApiClient(endpoint, { env: {} });
    try {
      return await other.request(request).then(
        () => expect.fail('was accepted'),
        (error) => error,
      );
    } finally {
      await other.close();
    }
  };
  const configMaps = async () => findType(await client.discovery(), 'cm');
  const make = (ns: string, names: string[]) =>
    applyObjects(
      client,
      readManifests(
        names
          .map((name) =>
            JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: ns } }),
          )
          .join('\n'),
        'x',
      ),
    );

  test('200 requests at once share one connection', async () => {
    const relay = await countingRelay();
    const other = createApiClient({ ...endpointOf(), server: relay.server }, { env: {} });
    await Promise.all(Array.from({ length: 200 }, () => other.request({ path: '/version' })));
    expect(relay.connections()).toBe(1);
    await other.close();
    relay.close();
  });

  test('discovery takes two requests, and none with a cache; what is missing is looked up once', async () => {
    const asked: string[] = [];
    const counted = (endpoint: ApiEndpoint) => ({
      ...endpoint,
      authorization: async () => void asked.push('request') as undefined,
    });
    const make = () => createApiClient(counted(endpointOf()), { env: {}, cacheDir: join(folder, 'cache') });
    const first = make();
    const types = await first.discovery();
    await first.discovery();
    expect(asked).toHaveLength(2);
    expect(findType(types, 'deploy')).toMatchObject({
      group: 'apps',
      version: 'v1',
      resource: 'deployments',
      namespaced: true,
    });
    expect(findType(types, 'pods').subresources).toContain('log');
    const second = make();
    expect(await second.discovery()).toEqual(types);
    expect(asked).toHaveLength(2);
    await expect(resolveType(second, 'nothings')).rejects.toMatchObject({
      code: 'UnknownType',
      exit: EXIT.failure,
    });
    expect(asked).toHaveLength(4);
    const [file] = readdirSync(join(folder, 'cache'));
    expect(statSync(join(folder, 'cache', file!)).mode & 0o777).toBe(0o600);
    writeFileSync(join(folder, 'cache', file!), '{torn');
    const third = make();
    expect(await third.discovery()).toEqual(types);
    expect(JSON.parse(readFileSync(join(folder, 'cache', file!), 'utf8')).server).toBe(plane().server);
    await Promise.all([first.close(), second.close(), third.close()]);
  });

  test('each refusal has its own words', async () => {
    const { ca, stranger, expired, nobody, server } = plane();
    const endpoint = endpointOf();
    const wrongCa = await failure({ server, tls: { ...endpoint.tls, ca: stranger.ca } });
    expect(wrongCa).toMatchObject({ code: 'UntrustedCertificate', exit: EXIT.apiUnreachable });
    const old = await failure({ server, tls: { ca, cert: expired.cert, key: expired.key } });
    expect(old).toMatchObject({ code: 'Unauthorized', httpStatus: 401, exit: EXIT.failure });
    expect(old.hint).toMatch(/our certificate expired on 20.*kubewright certs renew/);
    const unknown = await failure({ server, tls: { ca, cert: stranger.cert, key: stranger.key } });
    expect(unknown).toMatchObject({ code: 'Unauthorized' });
    const forbidden = await failure(endpointOf(nobody));
    expect(forbidden).toMatchObject({ code: 'Forbidden', exit: EXIT.failure });
    expect(forbidden.message).toContain('User "nobody" cannot list resource "namespaces"');
    const name = await failure({ ...endpoint, tls: { ...endpoint.tls, serverName: 'other.example' } });
    expect(name).toMatchObject({ code: 'CertificateNameMismatch' });
    expect(name.message).toContain('other.example');
    const object = await failure(endpoint, { path: '/api/v1/namespaces/default/pods/none' });
    expect(object).toMatchObject({ code: 'NotFound', message: 'pods "none" not found' });
    const type = await failure(endpoint, { path: '/apis/none/v1/things' });
    expect(type).toMatchObject({ code: 'TypeNotFound' });
  });

  test('impersonation: the server sees user and every group', async () => {
    const other = createApiClient(
      { ...endpointOf(), impersonate: { user: 'jane', groups: ['dev', 'ops'] } },
      { env: {} },
    );
    const { body } = await other.request<{ status: { userInfo: { username: string; groups: string[] } } }>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    });
    expect(body.status.userInfo.username).toBe('jane');
    expect(body.status.userInfo.groups).toEqual(expect.arrayContaining(['dev', 'ops']));
    await other.close();
  });

  test('lists come in pages, and begin anew when the continue token is gone', async () => {
    const ns = await freshNamespace(client);
    await make(
      ns,
      Array.from({ length: 25 }, (_, i) => `c${i}`),
    );
    const type = await configMaps();
    const pages: number[] = [];
    for await (const page of listPages(client, type, { namespace: ns }, { limit: 10 }))
      pages.push(page.items.length);
    expect(pages).toEqual([10, 10, 5]);
    let expired = 0;
    const flaky: ApiClient = {
      ...client,
      request: (request) =>
        request.query?.continue && expired++ === 1 ? Promise.reject(expiredToken()) : client.request(request),
    };
    const { items } = await listAll(flaky, type, { namespace: ns }, { limit: 10 });
    expect(items).toHaveLength(25);
    expect(new Set(items.map(({ metadata }) => metadata.name)).size).toBe(25);
    expect(items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(expired).toBe(4);
  });

  test('a watch lists, follows, and lives through expired versions and ended requests', async () => {
    const ns = await freshNamespace(client);
    await make(ns, ['before']);
    const type = await configMaps();
    const stop = new AbortController();
    const seen: string[] = [];
    const read = (async () => {
      const events = watch(client, type, { namespace: ns, signal: stop.signal, timeoutSeconds: 1 });
      for await (const event of events) seen.push(shown(event));
    })();
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBeGreaterThan(0);
    for (const name of ['a', 'b', 'c']) {
      await make(ns, [name]);
      await new Promise((done) => setTimeout(done, 700));
    }
    await client.request({ method: 'DELETE', path: `/api/v1/namespaces/${ns}/configmaps/b` });
    await expect.poll(() => seen.at(-1), { timeout: 10_000 }).toBe('DELETED b');
    stop.abort();
    await read;
    expect(seen.filter((line) => !line.includes('kube-root-ca'))).toEqual([
      'LIST before',
      'ADDED a',
      'ADDED b',
      'ADDED c',
      'DELETED b',
    ]);
  });

  test('a watch from a version that is gone begins with a list', async () => {
    const ns = await freshNamespace(client);
    await make(ns, ['x']);
    const stop = new AbortController();
    const fake: ApiClient = {
      ...client,
      stream: async (request) => {
        if (request.query?.resourceVersion !== '1') return client.stream(request);
        const { Readable } = await import('node:stream');
        const status = {
          kind: 'Status',
          status: 'Failure',
          code: 410,
          reason: 'Expired',
          message: 'too old',
        };
        return Readable.from([Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)]);
      },
    };
    for await (const event of watch(fake, await configMaps(), {
      namespace: ns,
      resourceVersion: '1',
      signal: stop.signal,
    })) {
      expect(shown(event)).toBe('LIST x');
      break;
    }
  });

  test('our kubeconfig reaches the server, by certificate and by a service account token', async () => {
    const { server, ca, admin } = plane();
    const path = join(folder, 'config');
    const data = (text: string) => Buffer.from(text).toString('base64');
    await mergeIntoKubeconfig(path, {
      context: 'test',
      cluster: { server, 'certificate-authority-data': data(ca) },
      user: { 'client-certificate-data': data(admin.cert), 'client-key-data': data(admin.key) },
    });
    const byCertificate = createApiClient(await loadEndpoint({ kubeconfig: path, env: {} }), { env: {} });
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'reader', namespace: 'default' },
    };
    await applyObjects(client, readManifests(JSON.stringify(account), 'x'));
    const { body } = await byCertificate.request<{ status: { token: string } }>({
      method: 'POST',
      path: '/api/v1/namespaces/default/serviceaccounts/reader/token',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
    });
    await mergeIntoKubeconfig(path, {
      context: 'sa',
      clusterName: 'test',
      cluster: { server, 'certificate-authority-data': data(ca) },
      user: { token: body.status.token },
    });
    const byToken = createApiClient(await loadEndpoint({ kubeconfig: path, context: 'sa', env: {} }), {
      env: {},
    });
    const error = await byToken.request({ path: '/api/v1/secrets' }).catch((reason) => reason);
    expect(error.message).toContain('system:serviceaccount:default:reader');
    await Promise.all([byCertificate.close(), byToken.close()]);
  });
});

function shown(event: WatchEvent): string {
  if (event.type !== 'LIST') return `${event.type} ${event.object.metadata.name}`;
  const names = event.items
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt');
  return `LIST ${names.join(' ')}`;
}

/** As a server answers a continue token of a version that was compacted away. */
function expiredToken(): ApiError {
  const status = { kind: 'Status' as const, status: 'Failure' as const, reason: 'Expired', code: 410 };
  return new ApiError({ server: plane().server, method: 'GET', path: '/', httpStatus: 410, status });
}
