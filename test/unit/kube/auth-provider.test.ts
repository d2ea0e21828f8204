import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { loadEndpoint } from '../../../src/kube/kubeconfig.ts';
import { makeAuthority } from '../../api/support/certificates.ts';

let last = '';
const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const undo of cleanup.splice(0)) undo();
});

const jwt = (claims: object) =>
  [{ alg: 'none' }, claims, '']
    .map((part) => Buffer.from(part && JSON.stringify(part)).toString('base64url'))
    .join('.');
const token = (exp: number) => jwt({ exp, iss: 'x', sub: 'me' });
const now = () => Math.floor(Date.now() / 1000);

async function load(config: Record<string, string>, provider = 'oidc') {
  const folder = mkdtempSync(join(tmpdir(), 'oidc-'));
  cleanup.push(() => rmSync(folder, { recursive: true, force: true }));
  const text = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'x',
    clusters: [{ name: 'x', cluster: { server: 'https://api:6443' } }],
    users: [{ name: 'x', user: { 'auth-provider': { name: provider, config } } }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  };
  const path = join(folder, 'config');
  last = path;
  writeFileSync(path, JSON.stringify(text), { mode: 0o600 });
  return loadEndpoint({ kubeconfig: path, env: {} });
}

async function issuer(idToken: string): Promise<{ url: string; ca: string; asked: string[] }> {
  const ca = await makeAuthority('issuer-ca');
  const pair = await ca.issue({ subject: 'CN=issuer', sans: ['127.0.0.1'] });
  const asked: string[] = [];
  const server: Server = createServer(pair, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const issuerUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      asked.push(`${request.url} ${Buffer.concat(chunks).toString()}`);
      response.setHeader('content-type', 'application/json');
      const discovery = {
        issuer: issuerUrl,
        token_endpoint: `${issuerUrl}/token`,
        authorization_endpoint: `${issuerUrl}/auth`,
        jwks_uri: `${issuerUrl}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      };
      const claims = { iss: issuerUrl, sub: 'me', aud: 'client', iat: now(), exp: now() + 3600 };
      const signed = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
      response.end(
        JSON.stringify(
          request.url?.startsWith('/token')
            ? {
                access_token: 'a',
                token_type: 'bearer',
                id_token: idToken || signed,
                refresh_token: 'r2',
                expires_in: 3600,
              }
            : discovery,
        ),
      );
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  cleanup.push(() => server.close());
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: ca.cert, asked };
}

test('an OIDC user with a token that is still good', async () => {
  const idToken = token(now() + 3600);
  const endpoint = await load({ 'id-token': idToken, 'client-id': 'client' });
  expect(await endpoint.authorization?.()).toBe(`Bearer ${idToken}`);
});

test('an expired one is refreshed at the issuer, once', async () => {
  const { url, ca, asked } = await issuer('');
  const endpoint = await load({
    'id-token': token(now() - 60),
    'client-id': 'client',
    'client-secret': 's',
    'refresh-token': 'r1',
    'idp-issuer-url': url,
    'idp-certificate-authority-data': Buffer.from(ca).toString('base64'),
  });
  const header = await endpoint.authorization?.();
  expect(header).toMatch(/^Bearer ey/);
  expect(header).not.toContain(token(now() - 60));
  expect(await endpoint.authorization?.()).toBe(header);
  // The next run needs the tokens too: issuers take each refresh token only once.
  expect(await (await loadEndpoint({ kubeconfig: last, env: {} })).authorization?.()).toBe(header);
  expect(readFileSync(last, 'utf8')).toContain('r2');
  expect(asked.filter((line) => line.startsWith('/token'))).toEqual([
    expect.stringContaining('refresh_token=r1'),
  ]);
});

test('one that cannot be refreshed says so, with exit 25', async () => {
  const endpoint = await load({ 'id-token': token(now() - 60), 'client-id': 'client' });
  await expect(endpoint.authorization?.()).rejects.toMatchObject({ code: 'AuthProviderFailed', exit: 25 });
});

test('an unknown provider is named', async () => {
  const endpoint = await load({}, 'nobody-knows');
  await expect(endpoint.authorization?.()).rejects.toThrow(
    'the auth provider nobody-knows of user "x" failed',
  );
});

test('a legacy provider goes through client-node: its command gives the token', async () => {
  const answer = JSON.stringify({ credential: { token: 'from-cmd', expiry: '2999-01-01T00:00:00Z' } });
  const config = {
    'cmd-path': 'echo',
    'cmd-args': `'${answer}'`,
    'token-key': '{.credential.token}',
    'expiry-key': '{.credential.expiry}',
  };
  const endpoint = await load(config, 'gcp');
  expect(await endpoint.authorization?.()).toBe('Bearer from-cmd');
});
