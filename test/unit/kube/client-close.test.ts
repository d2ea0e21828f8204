import { connect } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { sleep } from '../../../src/base/wait.ts';
import { createApiClient } from '../../../src/kube/client.ts';
import type { ApiEndpoint } from '../../../src/kube/port.ts';
import { connect as connectToApi } from '../../../src/kube/transport/connect.ts';
import { type Answer, fakeServer, json } from './fake-server.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const ok: Answer = (_request, response) => json(response, 200, {});
const never: Answer = () => undefined;

/** Like the channel of an SSH connection: no socket, and it can go away without an error. */
async function tunnel(server: string): Promise<Duplex> {
  const socket = connect(Number(new URL(server).port), '127.0.0.1');
  await new Promise((done) => socket.once('connect', done));
  socket.on('error', () => undefined);
  return Duplex.from({ readable: socket.pipe(new PassThrough()), writable: socket });
}

/** Takes everything and says nothing. */
const deaf = () => new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });

async function tunnelled(answer: Answer) {
  const server = await fakeServer(answer);
  const tunnels: Duplex[] = [];
  const endpoint: ApiEndpoint = {
    ...server.endpoint,
    dial: async () => {
      const made = await tunnel(server.endpoint.server);
      made.on('error', () => undefined);
      tunnels.push(made);
      return made;
    },
  };
  open.push(server);
  return { server, tunnels, client: createApiClient(endpoint, { env: {} }) };
}

describe('close', () => {
  test('settles when the tunnel under it is gone', async () => {
    const { client, tunnels } = await tunnelled(ok);
    await client.request({ path: '/x' });
    for (const one of tunnels) one.destroy();
    await client.close();
  });

  test('settles some time after the tunnel went, and twice', async () => {
    const { client, tunnels } = await tunnelled(ok);
    await client.request({ path: '/x' });
    for (const one of tunnels) one.destroy();
    await sleep(50);
    await client.close();
    await client.close();
  });

  test('settles while a connection is being made that never comes', async () => {
    const client = createApiClient(
      { server: 'https://127.0.0.1:1', tls: {}, dial: () => new Promise(() => undefined) },
      { env: {} },
    );
    const asked = client.request({ path: '/x' }).catch((error) => error);
    await sleep(20);
    await client.close();
    expect(await asked).toMatchObject({ code: 'ClientClosed' });
  });

  test('a tunnel that comes late is closed', async () => {
    const late = new PassThrough();
    let come: (stream: Duplex) => void = () => undefined;
    const dial = () =>
      new Promise<Duplex>((resolve) => {
        come = resolve;
      });
    const client = createApiClient({ server: 'https://127.0.0.1:1', tls: {}, dial }, { env: {} });
    const asked = client.request({ path: '/x' }).catch((error) => error);
    await sleep(20);
    await client.close();
    come(late);
    await asked;
    await sleep(0);
    expect(late.destroyed).toBe(true);
  });

  test('ends what is under way, once and for all: nothing is sent again', async () => {
    const { client, server } = await tunnelled(never);
    const asked = client.request({ path: '/x' }).catch((error) => error);
    while (server.received.length === 0) await sleep(5);
    await client.close();
    expect(await asked).toMatchObject({ code: 'ClientClosed' });
    expect(server.received).toHaveLength(1);
    await expect(client.request({ path: '/x' })).rejects.toMatchObject({ code: 'ClientClosed' });
  });

  test('a tunnel that goes away ends the request on it, long before its timeout', async () => {
    const { client, server, tunnels } = await tunnelled(never);
    open.push(client);
    const asked = client.request({ method: 'POST', path: '/x', body: {} }).catch((error) => error);
    while (server.received.length === 0) await sleep(5);
    for (const one of tunnels) one.destroy();
    expect(await asked).toMatchObject({ code: 'AnswerLost' });
  });
});

describe('the time allowed for connecting', () => {
  // A deadline that was never disarmed cut off every connection 10 s after it was made.
  test.each([['h2'], ['http/1.1']] as const)('does not end a connection that stands: %s', async (alpn) => {
    const server = await fakeServer(ok);
    const socket = await connectToApi(server.endpoint, { alpn: [alpn], env: {}, timeoutMs: 300 });
    open.push(server, { close: () => socket.destroy() });
    await sleep(600);
    expect(socket.destroyed).toBe(false);
    expect(socket).toMatchObject({ alpnProtocol: alpn });
  });

  test('ends one that does not come about', async () => {
    const silent = { server: 'https://127.0.0.1:1', tls: {}, dial: async () => deaf() };
    const client = createApiClient(silent, { env: {}, connectTimeoutMs: 50 });
    open.push(client);
    await expect(client.request({ method: 'POST', path: '/x', body: {} })).rejects.toMatchObject({
      code: 'ConnectTimeout',
    });
  });
});
