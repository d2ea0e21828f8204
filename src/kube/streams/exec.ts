import { PassThrough, type Readable, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import { KubewrightError } from '../../base/errors.ts';
import type { ApiClient, Status } from '../port.ts';

const [STDIN, STDOUT, STDERR, STATUS, RESIZE, CLOSE] = [0, 1, 2, 3, 4, 255] as const;
/** v5 can close standard input; v4 is what servers before 1.30 have. */
export const CHANNEL_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const PING_MS = 15_000;
const SILENT_MS = 60_000;
/** Bytes that may wait in the socket before the writer is told to wait. */
const HIGH_WATER = 1024 * 1024;

export interface ChannelSession {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Terminal size in characters. */
  resize(columns: number, rows: number): void;
  /** The command's exit code; rejects when it could not be run or the connection was lost. */
  exit: Promise<number>;
  close(): void;
}

export interface ExecRequest {
  namespace: string;
  pod: string;
  container?: string;
  command: readonly string[];
  stdin?: boolean;
  tty?: boolean;
  signal?: AbortSignal;
}

/** Runs a command in a container (subprotocol v5.channel.k8s.io, KEP-4006). */
export async function exec(client: ApiClient, request: ExecRequest): Promise<ChannelSession> {
  const { namespace, pod, container, command, stdin = false, tty = false, signal } = request;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/exec`;
  const query = { container, command: [...command], stdin, stdout: true, stderr: !tty, tty };
  const socket = await client.upgrade({ path, query, signal }, CHANNEL_PROTOCOLS);
  return openSession(socket, { signal });
}

/** Takes a socket that is paused, and resumes it. */
export function openSession(socket: WebSocket, options: { signal?: AbortSignal } = {}): ChannelSession {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const outputs = new Map([
    [STDOUT as number, stdout],
    [STDERR as number, stderr],
  ]);
  const { promise: exit, resolve, reject } = Promise.withResolvers<number>();
  exit.catch(() => undefined);
  let status = Buffer.alloc(0);
  socket.on('message', (data, isBinary) => {
    const message = toBuffer(data);
    if (message.length === 0) return;
    const channel = isBinary ? message[0]! : STATUS;
    const payload = isBinary ? message.subarray(1) : message;
    if (channel === STATUS) status = Buffer.concat([status, payload]);
    const output = outputs.get(channel);
    if (output && !output.write(payload)) holdUntilDrained(socket, output);
  });
  socket.on('error', () => undefined);
  const stopPings = keepAlive(socket);
  const abort = () => socket.terminate();
  options.signal?.addEventListener('abort', abort, { once: true });
  socket.once('close', () => {
    stopPings();
    options.signal?.removeEventListener('abort', abort);
    stdout.end();
    stderr.end();
    const outcome = outcomeOf(status.toString('utf8'));
    if (options.signal?.aborted) reject(options.signal.reason);
    else if (typeof outcome === 'number') resolve(outcome);
    else reject(outcome);
  });
  socket.resume();
  return {
    stdin: stdinOf(socket),
    stdout,
    stderr,
    resize: (columns, rows) => send(socket, RESIZE, JSON.stringify({ Width: columns, Height: rows })),
    exit,
    close: () => socket.close(1000),
  };
}

/** Ends a connection whose other side has said nothing, not even to pings, for a minute. */
function keepAlive(socket: WebSocket): () => void {
  let heard = performance.now();
  const hear = () => {
    heard = performance.now();
  };
  socket.on('message', hear);
  socket.on('pong', hear);
  const timer = setInterval(() => {
    // While our own reader holds the socket back, nothing can be heard.
    if (socket.isPaused) hear();
    if (performance.now() - heard > SILENT_MS) socket.terminate();
    else socket.ping();
  }, PING_MS).unref();
  return () => clearInterval(timer);
}

/** A reader that does not keep up slows the server down, through TCP, instead of filling memory. */
function holdUntilDrained(socket: WebSocket, output: PassThrough): void {
  socket.pause();
  output.once('drain', () => socket.resume());
}

function stdinOf(socket: WebSocket): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (socket.readyState !== socket.OPEN) return done();
      const waits = socket.bufferedAmount > HIGH_WATER;
      socket.send(frame(STDIN, chunk), waits ? () => done() : undefined);
      if (!waits) done();
    },
    final: (done) => {
      // v4 has no way to say that the input ended; the command then ends with the connection.
      if (socket.readyState === socket.OPEN && socket.protocol === CHANNEL_PROTOCOLS[0])
        socket.send(Buffer.from([CLOSE, STDIN]));
      done();
    },
  });
}

function send(socket: WebSocket, channel: number, text: string): void {
  if (socket.readyState === socket.OPEN) socket.send(frame(channel, Buffer.from(text)));
}

const frame = (channel: number, payload: Buffer): Buffer => Buffer.concat([Buffer.from([channel]), payload]);

function toBuffer(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data as Buffer[]) : Buffer.from(data as ArrayBuffer);
}

/** The status channel carries metav1.Status: Success, or reason NonZeroExitCode with the code as a cause. */
function outcomeOf(text: string): number | KubewrightError {
  if (text === '')
    return new KubewrightError({
      code: 'StreamLost',
      message: 'the connection ended before the command did',
      exit: 'connectionLost',
    });
  let status: Status | undefined;
  try {
    status = JSON.parse(text) as Status;
  } catch {
    // Old runtimes send plain words.
  }
  if (status?.status === 'Success') return 0;
  const code = status?.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (status?.reason === 'NonZeroExitCode' && code !== undefined) return Number(code);
  return new KubewrightError({
    code: status?.reason || 'ExecFailed',
    message: status?.message ?? text.slice(0, 2000),
    exit: 'failure',
  });
}
