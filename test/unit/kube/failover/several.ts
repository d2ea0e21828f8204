import { createServer, type Socket } from 'node:net';
import { afterEach, expect } from 'vitest';
import { type ApiClientOptions, createApiClient } from '../../../../src/kube/client.ts';
import type { ApiClient, ApiEndpoint, ApiRequest } from '../../../../src/kube/port.ts';
import { makeAuthority } from '../../../api/support/certificates.ts';
import { closedPort } from '../../../fakes/closed-port.ts';
import { type Answer, fakeServer, json } from '../fake-server.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

export const closing = <T extends { close(): unknown }>(one: T): T => {
  open.push(one);
  return one;
};

export const ok: Answer = (_request, response) => json(response, 200, { ok: true });
export const never: Answer = () => undefined;
/** As an API server that has lost its etcd answers. */
export const unwell: Answer = (_request, response) =>
  json(response, 503, {
    kind: 'Status',
    status: 'Failure',
    reason: 'ServiceUnavailable',
    message: 'the server is currently unable to handle the request',
  });
/** Takes the request, and dies. */
export const dies: Answer = (_request, response) =>
  (response as unknown as { stream: { session?: { destroy(): void } } }).stream.session?.destroy();

/** All servers of a test file are of one cluster. */
export const authority = await makeAuthority('cluster');

export async function server(answer: Answer, validity: { notBefore?: Date; notAfter?: Date } = {}) {
  return closing(await fakeServer(answer, { authority, ...validity }));
}

/** Takes connections and never says a word: a host that hangs, a firewall that swallows. */
export async function deaf(): Promise<string> {
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  listening.listen(0, '127.0.0.1');
  await new Promise((done) => listening.once('listening', done));
  closing({
    close: () => {
      for (const socket of sockets) socket.destroy();
      listening.close();
    },
  });
  return `https://127.0.0.1:${(listening.address() as { port: number }).port}`;
}

export const dead = async () => `https://127.0.0.1:${await closedPort()}`;

/** A client for all of them, with what it told. It races nobody, however busy this machine is, but where a test says so. */
export function clientOf(
  servers: (string | { endpoint: ApiEndpoint })[],
  options: Partial<ApiClientOptions> = {},
  more: Partial<ApiEndpoint> = {},
) {
  const told: string[] = [];
  const urls = servers.map((each) => (typeof each === 'string' ? each : each.endpoint.server));
  const endpoint: ApiEndpoint = { server: urls[0]!, servers: urls, tls: { ca: authority.cert }, ...more };
  const warn = (text: string) => told.push(named(text, urls));
  const client = closing(createApiClient(endpoint, { env: {}, warn, staggerMs: 60_000, ...options }));
  return { client, told, urls, named: (text: string) => named(text, urls) };
}

/** Ports differ from run to run; `A`, `B` … are the servers in their order. */
function named(text: string, urls: string[]): string {
  return urls.reduce((all, url, index) => all.replaceAll(url, 'ABCDE'[index]!), text);
}

export const failure = (client: ApiClient, request: ApiRequest) =>
  client.request(request).then(
    () => expect.fail('was accepted'),
    (error) => error,
  );
