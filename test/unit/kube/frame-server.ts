import type { AddressInfo, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { ApiEndpoint } from '../../../src/kube/port.ts';
import { makeAuthority } from '../../api/support/certificates.ts';

const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7 } as const;
const PREFACE_BYTES = 24;

/** What a script may send on the stream that a request came on, frame by frame (RFC 9113, 6). */
export interface Frames {
  readonly stream: number;
  /** Which request this is, of all on this server, from 1. */
  readonly count: number;
  headers(options: { length?: number; end?: boolean; status?: 200 | 204 | 400 }): Frames;
  data(text: string, options?: { end?: boolean }): Frames;
  reset(code: number): Frames;
  goaway(lastStream: number, code?: number): Frames;
  /** Ends the TCP connection behind what was sent. */
  end(): Frames;
}

/**
 * An HTTP/2 server that does to the letter what the test says, also what no well-behaved one does. It reads no
 * request bodies: it opens no window for them beyond the first 64 KiB.
 */
export async function frameServer(script: (frames: Frames) => void) {
  const authority = await makeAuthority('frames-ca');
  const { cert, key } = await authority.issue({ subject: 'CN=frames', sans: ['127.0.0.1'] });
  const sockets = new Set<Socket>();
  let connections = 0;
  let requests = 0;
  const server = createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.write(frame(TYPE.settings, 0, 0));
    readFrames(socket, (type, flags, stream, payload) => {
      if (type === TYPE.settings && flags === 0) socket.write(frame(TYPE.settings, 1, 0));
      if (type === TYPE.ping && flags === 0) socket.write(frame(TYPE.ping, 1, 0, payload));
      if (type === TYPE.headers) script(writer(socket, stream, ++requests));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint: ApiEndpoint = {
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tls: { ca: authority.cert },
  };
  return {
    endpoint,
    connections: () => connections,
    requests: () => requests,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function writer(socket: TLSSocket, stream: number, count: number): Frames {
  const send = (type: number, flags: number, on: number, payload?: Buffer): Frames => {
    socket.write(frame(type, flags, on, payload));
    return frames;
  };
  const frames: Frames = {
    stream,
    count,
    headers: ({ length, end = false, status = 200 }) => {
      // HPACK: status from the static table, then literals with names from it, never indexed.
      const parts = [
        Buffer.from([{ 200: 0x88, 204: 0x89, 400: 0x8c }[status]]),
        literal(31, 'application/json'),
      ];
      if (length !== undefined) parts.push(literal(28, String(length)));
      return send(TYPE.headers, 4 | Number(end), stream, Buffer.concat(parts));
    },
    data: (text, { end = false } = {}) => send(TYPE.data, Number(end), stream, Buffer.from(text)),
    reset: (code) => send(TYPE.reset, 0, stream, numbers(code)),
    goaway: (lastStream, code = 0) => send(TYPE.goaway, 0, 0, numbers(lastStream, code)),
    end: () => {
      socket.end();
      return frames;
    },
  };
  return frames;
}

function readFrames(
  socket: Socket,
  on: (type: number, flags: number, stream: number, payload: Buffer) => void,
): void {
  let rest: Buffer = Buffer.alloc(0);
  let preface = PREFACE_BYTES;
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    if (rest.length < preface) return;
    rest = rest.subarray(preface);
    preface = 0;
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const [type = 0, flags = 0] = rest.subarray(3, 5);
      on(type, flags, rest.readUInt32BE(5), rest.subarray(9, end));
      rest = rest.subarray(end);
    }
  });
}

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
  return bytes;
}

const literal = (name: number, value: string): Buffer =>
  Buffer.from([0x0f, name - 15, value.length, ...Buffer.from(value)]);
