import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { createApiClient } from '../../../../src/kube/client.ts';
import { loadEndpoint, serversExtension } from '../../../../src/kube/kubeconfig.ts';
import type { ApiRequest } from '../../../../src/kube/port.ts';
import { exec } from '../../../../src/kube/streams/exec.ts';
import { Lane } from '../../../../src/kube/transport/lane.ts';
import { Limiter } from '../../../../src/kube/transport/limiter.ts';
import { openStream } from '../../../../src/kube/transport/live-stream.ts';
import { Servers } from '../../../../src/kube/transport/servers.ts';
import { watch } from '../../../../src/kube/watch.ts';
import { fakeProxy } from '../../../fakes/connect-proxy.ts';
import { type Answer, json } from '../fake-server.ts';
import { authority, clientOf, closing, dead, dies, failure, ok, server, unwell } from './several.ts';

const logs: ApiRequest = { path: '/api/v1/namespaces/n/pods/p/log' };
const says =
  (what: string): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(what);
  };

describe('streams', () => {
  test.each([
    ['dies', dies],
    ['cannot work', unwell],
  ])('one that %s before anything came: the other server gives it', async (_what, answer) => {
    const [first, second] = [await server(answer), await server(says('lines'))];
    const { client, told } = clientOf([first, second]);
    expect(await text(await client.stream(logs))).toBe('lines');
    expect(told).toHaveLength(1);
  });

  test('one that breaks off is not begun anew by itself: what came cannot be taken back', async () => {
    const half: Answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('one line', () => dies(_request, response, 0));
    };
    const [first, second] = [await server(half), await server(says('other'))];
    const { client } = clientOf([first, second]);
    await expect(text(await client.stream(logs))).rejects.toThrow();
    expect(second.received).toEqual([]);
    expect(await text(await client.stream(logs))).toBe('other');
  });

  test('a watch goes on at the other server, from where it was', async () => {
    const pod = (name: string, resourceVersion: string) => ({ metadata: { name, resourceVersion } });
    const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
    const first = await server((request, response) => {
      if (!request.path.includes('watch=true'))
        return json(response, 200, { metadata: { resourceVersion: '1' }, items: [] });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(line('ADDED', pod('a', '2')), () => setTimeout(() => first.close(), 20));
    });
    const second = await server((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(line('ADDED', pod('b', '3')));
    });
    const { client, told } = clientOf([first, second]);
    const pods = { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true };
    const seen: string[] = [];
    for await (const event of watch(client, { ...pods, verbs: [] } as never)) {
      seen.push(event.type === 'LIST' ? 'LIST' : event.object.metadata.name!);
      if (seen.length === 3) break;
    }
    expect(seen).toEqual(['LIST', 'a', 'b']);
    expect(second.received[0]?.path).toContain('resourceVersion=2');
    expect(told).toHaveLength(1);
  });
});

/** A relay that can go mute in both directions without closing anything: what a host is that lost its power. */
async function relay(to: string) {
  const sockets = new Set<Socket>();
  let mute = false;
  const listening = createServer((socket) => {
    const other = connect(Number(new URL(to).port), '127.0.0.1');
    for (const [from, into] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => mute || into.write(chunk));
      from.on('error', () => undefined);
    }
  }).listen(0, '127.0.0.1');
  await new Promise((done) => listening.once('listening', done));
  closing({
    close: () => {
      for (const socket of sockets) socket.destroy();
      listening.close();
    },
  });
  return {
    server: `https://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    mute: () => {
      mute = true;
    },
  };
}

describe('a host that lost its power', () => {
  test('is noticed by a connection that is silent to a PING, and the stream ends', async () => {
    const quiet: Answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('begun');
    };
    const far = await relay((await server(quiet)).endpoint.server);
    const servers = new Servers(
      { server: far.server, servers: [far.server, await dead()], tls: { ca: authority.cert } },
      { env: {} },
    );
    const lane = closing(new Lane(servers, { quietMs: 100, answerMs: 200 }));
    const endpoint = { server: far.server, tls: {} };
    const stream = await openStream({ endpoint, lane, limiter: new Limiter(), userAgent: 'x' }, logs);
    const ended = new Promise<Error>((done) => stream.once('error', done));
    stream.resume();
    // As long as PINGs are answered, silence is fine.
    await new Promise((done) => setTimeout(done, 800));
    expect(stream.destroyed).toBe(false);
    far.mute();
    expect(await ended).toMatchObject({
      code: 'NoAnswer',
      message: `${far.server} has stopped answering (no answer within 0.3 s)`,
    });
  });
});

/** Refuses the first upgrades with this status. */
async function kubelet(status?: number) {
  const asked: string[] = [];
  const pair = await authority.issue({ subject: 'CN=x', sans: ['127.0.0.1'] });
  const http = createTlsServer({ ...pair });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v5.channel.k8s.io' });
  http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    asked.push(request.url!);
    if (status === 0) return socket.destroy();
    const body = JSON.stringify({ kind: 'Status', reason: 'ServiceUnavailable', message: 'no' });
    if (status !== undefined)
      return socket.end(`HTTP/1.1 ${status} No\r\ncontent-type: application/json\r\n\r\n${body}`);
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.send(Buffer.concat([Buffer.from([1]), Buffer.from('hello')]));
      opened.send(Buffer.concat([Buffer.from([3]), Buffer.from('{"status":"Success"}')]));
      opened.close();
    });
  });
  http.listen(0, '127.0.0.1');
  await new Promise((done) => http.once('listening', done));
  closing({ close: () => http.closeAllConnections() ?? http.close() });
  return { asked, url: `https://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

describe('exec', () => {
  const request = { namespace: 'n', pod: 'p', command: ['ls'] };

  test.each([
    ['is dead', undefined],
    ['cannot work', 503],
  ])('a server that %s: the command runs through another one, once', async (_what, status) => {
    const first = status === undefined ? { asked: [''], url: await dead() } : await kubelet(status);
    const second = await kubelet();
    const { client, told } = clientOf([first.url, second.url]);
    const running = await exec(client, request);
    expect(await text(running.stdout)).toBe('hello');
    expect(await running.exit).toBe(0);
    expect([first.asked.length, second.asked.length]).toEqual([1, 1]);
    expect(told).toHaveLength(1);
  });

  test('a connection that breaks after the request: the command may have run, and is not run again', async () => {
    const [first, second] = [await kubelet(0), await kubelet()];
    const { client } = clientOf([first.url, second.url]);
    await expect(exec(client, request)).rejects.toThrow();
    expect([first.asked.length, second.asked.length]).toEqual([1, 0]);
  });
});

describe('through a proxy', () => {
  test('each server is asked for, by HTTPS_PROXY', async () => {
    const proxy = closing(await fakeProxy());
    const good = await server(ok);
    const away = (url: string) => url.replace('127.0.0.1', 'cp.test');
    const servers = [away(await dead()), away(good.endpoint.server)];
    const { client } = clientOf(
      servers,
      { env: { HTTPS_PROXY: `http://${proxy.address}` } },
      { tls: { ca: authority.cert, serverName: '127.0.0.1' } },
    );
    expect((await client.request({ method: 'POST', path: '/x', body: {} })).status).toBe(200);
    expect(proxy.asked).toEqual(servers.map((url) => new URL(url).host));
  });

  test("and by the kubeconfig's proxy-url", async () => {
    const proxy = closing(await fakeProxy());
    const good = await server(ok);
    const servers = [await dead(), good.endpoint.server];
    const cluster = {
      server: servers[0],
      'proxy-url': `http://${proxy.address}`,
      'certificate-authority-data': Buffer.from(authority.cert).toString('base64'),
      extensions: [serversExtension(servers)],
    };
    const folder = mkdtempSync(join(tmpdir(), 'proxy-url-'));
    closing({ close: () => rmSync(folder, { recursive: true }) });
    const kubeconfig = join(folder, 'config');
    const config = {
      'current-context': 'c',
      clusters: [{ name: 'c', cluster }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: '' } }],
    };
    writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
    const client = closing(createApiClient(await loadEndpoint({ kubeconfig, env: {} }), { env: {} }));
    expect((await client.request({ method: 'POST', path: '/x', body: {} })).status).toBe(200);
    expect(proxy.asked).toEqual(servers.map((url) => new URL(url).host));
    expect(good.received).toHaveLength(1);
  });

  test('a proxy that is down is the reason for all', async () => {
    const { client, named } = clientOf(['https://a.test:6443', 'https://b.test:6443'], {
      env: { HTTPS_PROXY: (await dead()).replace('https', 'http') },
    });
    const error = await failure(client, { path: '/x' });
    expect(error.code).toBe('NoServerAnswers');
    expect(named(error.message)).toMatch(/^none of the 2 API servers can be used: the proxy http:/);
  });
});
