import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createApiClient } from '../../../src/kube/client.ts';
import { type ExecRequest, exec } from '../../../src/kube/streams/exec.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Kubelet {
  protocols?: string[];
  speak(socket: WebSocket, path: string): void;
}

async function run(kubelet: Kubelet, request: Partial<ExecRequest> = {}) {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) =>
      (kubelet.protocols ?? ['v5.channel.k8s.io']).find((p) => offered.has(p)) ?? false,
  });
  await new Promise((done) => server.once('listening', done));
  server.on('connection', (socket, { url }) => kubelet.speak(socket, url ?? ''));
  const client = createApiClient(
    { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tls: {} },
    { env: {} },
  );
  open.push(
    {
      close: () => {
        for (const socket of server.clients) socket.terminate();
        server.close();
      },
    },
    client,
  );
  return exec(client, { namespace: 'ns', pod: 'p', command: ['cat', '-'], ...request });
}

const frame = (channel: number, payload: string | Buffer) =>
  Buffer.concat([Buffer.from([channel]), Buffer.from(payload)]);
const success = frame(3, JSON.stringify({ kind: 'Status', status: 'Success' }));
const exitCode = (code: number) =>
  frame(
    3,
    JSON.stringify({
      kind: 'Status',
      status: 'Failure',
      reason: 'NonZeroExitCode',
      message: 'command terminated',
      details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
    }),
  );

describe('exec', () => {
  test('what was said before anybody listened is there, and the exit code', async () => {
    let asked = '';
    const session = await run({
      speak: (socket, path) => {
        asked = path;
        for (const message of [frame(1, 'out'), frame(2, 'err'), exitCode(42)]) socket.send(message);
        socket.close(1000);
      },
    });
    expect(await Promise.all([text(session.stdout), text(session.stderr), session.exit])).toEqual([
      'out',
      'err',
      42,
    ]);
    expect(asked).toBe(
      '/api/v1/namespaces/ns/pods/p/exec?command=cat&command=-&stdin=false&stdout=true&stderr=true&tty=false',
    );
  });

  test('the end of standard input is told (v5), so that cat ends', async () => {
    const session = await run(
      {
        speak: (socket) => {
          const got: Buffer[] = [];
          socket.on('message', (data: Buffer) => {
            if (data[0] === 0) got.push(data.subarray(1));
            if (data[0] === 4) got.push(Buffer.from(`<${data.subarray(1)}>`));
            if (data[0] !== 255 || data[1] !== 0) return;
            socket.send(frame(1, Buffer.concat(got)));
            socket.send(success);
            socket.close(1000);
          });
        },
      },
      { stdin: true },
    );
    session.resize(80, 24);
    session.stdin.write('hello ');
    session.stdin.end('world');
    expect(await text(session.stdout)).toBe('<{"Width":80,"Height":24}>hello world');
    expect(await session.exit).toBe(0);
  });

  test('an older server gets v4', async () => {
    let protocol = '';
    const session = await run({
      protocols: ['v4.channel.k8s.io'],
      speak: (socket) => {
        protocol = socket.protocol;
        socket.send(success);
        socket.close(1000);
      },
    });
    expect(await session.exit).toBe(0);
    expect(protocol).toBe('v4.channel.k8s.io');
  });

  test('a server with neither is refused', async () => {
    await expect(run({ protocols: [], speak: () => undefined })).rejects.toMatchObject({
      code: 'ProtocolRefused',
    });
  });

  test('a connection that breaks is no exit code', async () => {
    const session = await run({ speak: (socket) => socket.terminate() });
    await expect(session.exit).rejects.toMatchObject({ code: 'StreamLost', exit: 21 });
    session.stdout.resume();
  });

  test('a reader that does not keep up slows the sender down', async () => {
    let sender: WebSocket | undefined;
    const total = 64 * 1024 * 1024;
    let sent = 0;
    const session = await run({
      speak: (socket) => {
        sender = socket;
        const chunk = frame(1, Buffer.alloc(256 * 1024));
        const pump = () => {
          if (sent >= total) {
            socket.send(success);
            socket.close(1000);
            return;
          }
          sent += 256 * 1024;
          socket.send(chunk, () => setImmediate(pump));
        };
        pump();
      },
    });
    await new Promise((done) => setTimeout(done, 500));
    expect(sent).toBeLessThan(total / 2);
    expect(sender?.readyState).toBe(1);
    let read = 0;
    for await (const chunk of session.stdout) read += (chunk as Buffer).length;
    expect(read).toBe(total);
    expect(await session.exit).toBe(0);
  });

  test('the caller may end it', async () => {
    const stop = new AbortController();
    const session = await run({ speak: () => undefined }, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(session.exit).rejects.toThrow('enough');
  });
});
