import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { reviewEncryption, writingKey } from '../../src/cluster/encryption/config.ts';
import { configLoaded } from '../../src/cluster/encryption/loaded.ts';
import { readMarker, writeMarker } from '../../src/cluster/encryption/marker.ts';
import { rewriteSecrets } from '../../src/cluster/encryption/rewrite.ts';
import { securityFiles } from '../../src/cluster/manifests/security-files.ts';
import { staticPod } from '../../src/cluster/manifests/static-pods.ts';
import { recordObject } from '../../src/cluster/record.ts';
import { discoveryWarning } from '../../src/cluster/tokens/discovery-warning.ts';
import { createApiClient } from '../../src/kube/client.ts';
import type { ApiClient } from '../../src/kube/port.ts';
import { exampleSpec } from '../unit/cluster/example.ts';
import { type ControlPlane, startControlPlane } from './support/control-plane.ts';
import { withControlPlane } from './support/plane.ts';

const { spec, node } = exampleSpec();
/** What only the API server of a host has: keys, addresses, ports of the test's own stand for them. */
const OURS =
  /^--(audit-|authentication-config|encryption-provider-|profiling|tls-min-version|tls-cipher-suites)/;
const START_MS = 120_000;

withControlPlane('a real API server with the arguments and files of a new cluster', () => {
  let server: ControlPlane;
  let client: ApiClient;
  let folder = '';

  beforeAll(async () => {
    server = await startControlPlane(inject('controlPlane')!.binaries, {
      apiArguments: (home) => {
        folder = home;
        return writeFiles(home);
      },
    });
    client = createApiClient(server.endpoint(), { env: {} });
  }, START_MS);
  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });

  it.each([
    ['/livez', 200],
    ['/readyz', 200],
    ['/healthz', 200],
    // Not there in this cluster, but the request came as far as authorization.
    ['/api/v1/namespaces/kube-public/configmaps/cluster-info', 403],
    ['/api', 401],
    ['/version', 401],
    ['/livez/ping', 401],
    ['/api/v1/namespaces/kube-public/configmaps', 401],
    ['/api/v1/namespaces/kube-public/configmaps/cluster-info/', 401],
  ])('without credentials %s: %i', async (path, status) => {
    expect(await anonymousStatus(server, path)).toBe(status);
  });

  it('serves no profiles, to the administrator neither', async () => {
    await expect(client.request({ path: '/debug/pprof/' })).rejects.toMatchObject({ status: { code: 404 } });
  });

  it.each([
    ['TLSv1.1', undefined],
    ['TLSv1.2', 'ECDHE-ECDSA-AES128-SHA'],
  ] as const)('refuses %s %s', async (version, ciphers) => {
    await expect(handshake(server, version, ciphers)).rejects.toThrow();
  });

  it('speaks TLS 1.2 with a modern cipher', async () => {
    expect(await handshake(server, 'TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384')).toBe('TLSv1.2');
  });

  it('audits who read a Secret, and not what is in it', async () => {
    await create(client, 'audited', 'canary-in-the-audit-log');
    await client.request({ path: '/api/v1/namespaces/default/secrets/audited' });
    const log = readFileSync(join(folder, 'audit/audit.log'), 'utf8');
    const events = log.split('\n').filter((line) => line.includes('/secrets/audited'));
    expect(events.length).toBeGreaterThan(0);
    expect(JSON.parse(events[0]!)).toMatchObject({ level: 'Metadata', user: { username: 'admin' } });
    expect(log).not.toContain(Buffer.from('canary-in-the-audit-log').toString('base64'));
    expect(log).not.toMatch(/"requestURI":"\/(livez|readyz)/);
  });

  it('stores a Secret encrypted, with the key that the file names', async () => {
    await create(client, 'first', 'canary-in-etcd');
    const stored = await inEtcd(server, 'first');
    expect(stored.subarray(0, 60).toString('latin1')).toMatch(/^k8s:enc:secretbox:v1:key-[0-9a-f]{8}:/);
    expect(stored.includes('canary-in-etcd')).toBe(false);
  });

  it('knows when the API server works with another configuration, and stores everything anew', async () => {
    const path = join(folder, 'encryption/config.yaml');
    const plain = reviewEncryption(readFileSync(path), 'none').text();
    writeFileSync(path, plain);
    expect(await configLoaded(client, Buffer.from(plain), { timeoutMs: 300 })).toBe(false);
    await server.stopApiServer();
    await server.startApiServer();
    expect(await configLoaded(client, Buffer.from(plain), { timeoutMs: 10_000 })).toBe(true);
    expect((await inEtcd(server, 'first')).toString('latin1')).toMatch(/^k8s:enc:secretbox/);
    expect(await rewriteSecrets(client)).toBeGreaterThanOrEqual(2);
    expect((await inEtcd(server, 'first')).toString('latin1')).toMatch(/^k8s\0/);
    const { body } = await client.request<{ data: { value: string } }>({
      path: '/api/v1/namespaces/default/secrets/first',
    });
    expect(Buffer.from(body.data.value, 'base64').toString()).toBe('canary-in-etcd');
  });

  it('and back, with the same key', async () => {
    const path = join(folder, 'encryption/config.yaml');
    const text = reviewEncryption(readFileSync(path), 'secretbox').text();
    writeFileSync(path, text);
    await server.stopApiServer();
    await server.startApiServer();
    expect(await configLoaded(client, Buffer.from(text), { timeoutMs: 10_000 })).toBe(true);
    await rewriteSecrets(client);
    const key = writingKey(text).replace('secretbox/', '');
    expect((await inEtcd(server, 'first')).toString('latin1')).toContain(`k8s:enc:secretbox:v1:${key}:`);
  });

  it('remembers the key on the record, which applying the record leaves there', async () => {
    expect(await readMarker(client)).toBeUndefined();
    const path = '/api/v1/namespaces/kube-system/configmaps/kubewright-cluster';
    const apply = () =>
      client.request({
        method: 'PATCH',
        path,
        query: { fieldManager: 'kubewright', force: true },
        contentType: 'application/apply-patch+yaml',
        body: recordObject(spec),
      });
    await apply();
    await writeMarker(client, 'secretbox/key-1');
    await apply();
    expect(await readMarker(client)).toBe('secretbox/key-1');
  });

  it('says where a token is made that nobody can join with it, if strangers see nothing', async () => {
    expect(await discoveryWarning(client)).toBeUndefined();
    const strict = exampleSpec({ security: { anonymousAccess: 'none' } }).spec;
    await client.request({
      method: 'PATCH',
      path: '/api/v1/namespaces/kube-system/configmaps/kubewright-cluster',
      contentType: 'application/merge-patch+json',
      body: { data: recordObject(strict).data },
    });
    expect(await discoveryWarning(client)).toContain('anonymousAccess is none');
  });
});

/** The files of a control plane below this folder, and the arguments that name them there. */
function writeFiles(home: string): string[] {
  const files = [...securityFiles(spec)];
  const config = '/etc/kubernetes/encryption/config.yaml';
  if (!existsSync(join(home, 'encryption/config.yaml'))) {
    files.push({ path: config, mode: 0o600, content: reviewEncryption(undefined, 'secretbox').text() });
  }
  const moved = (text: string) =>
    text.replaceAll('/etc/kubernetes', home).replaceAll('/var/log/kubernetes', home);
  for (const { path, content, mode } of files) {
    mkdirSync(join(moved(path), '..'), { recursive: true });
    writeFileSync(moved(path), content, { mode });
  }
  const pod = staticPod('kube-apiserver', spec, node, { caDirectories: [] });
  const [, ...command] = pod.spec.containers[0]!.command!;
  return command.filter((argument) => OURS.test(argument)).map(moved);
}

async function create(client: ApiClient, name: string, value: string): Promise<void> {
  await client.request({
    method: 'POST',
    path: '/api/v1/namespaces/default/secrets',
    body: { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { value } },
  });
}

function anonymousStatus({ server, ca }: ControlPlane, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    httpsRequest(`${server}${path}`, { ca: ca.cert, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

function handshake({ server, ca }: ControlPlane, version: 'TLSv1.1' | 'TLSv1.2', ciphers?: string) {
  const { hostname: host, port } = new URL(server);
  return new Promise<string | null>((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(port),
      ca: ca.cert,
      minVersion: version,
      maxVersion: version,
      // OpenSSL itself refuses the old version at its usual level.
      ciphers: ciphers ?? 'DEFAULT@SECLEVEL=0',
    });
    socket.on('secureConnect', () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** The value as it lies in etcd, through its own HTTP gateway. */
async function inEtcd({ etcd }: ControlPlane, name: string): Promise<Buffer> {
  const key = Buffer.from(`/registry/secrets/default/${name}`).toString('base64');
  const response = await fetch(`${etcd}/v3/kv/range`, { method: 'POST', body: JSON.stringify({ key }) });
  const { kvs } = (await response.json()) as { kvs?: { value: string }[] };
  return Buffer.from(kvs?.[0]?.value ?? '', 'base64');
}
