import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeAuthority } from '../../api/support/certificates.ts';

/** What goes wrong with one path; each is used up after `times` requests (default: never). */
export interface Fault {
  times?: number;
  /** The connection ends after so many bytes of the body, once `cutWhen` is true (default: a moment later). */
  cutAfter?: number;
  cutWhen?: () => boolean;
  status?: number;
  /** Where it redirects to. */
  location?: string;
  /** The whole file is sent though a part was asked for. */
  ignoreRange?: boolean;
  /** Milliseconds between pieces. */
  slowMs?: number;
  /** Says nothing more after so many bytes. */
  stallAfter?: number;
  /** Never answers. */
  mute?: boolean;
  /** Instead of what is there, from the next request on. */
  next?: Buffer;
}

export interface Asked {
  path: string;
  range: string | undefined;
  ifRange: string | undefined;
  authorization: string | undefined;
}

export interface Mirror extends AsyncDisposable {
  url: string;
  port: number;
  /** File with the certificate of its authority. */
  ca: string;
  /** A file (by its path on this machine) or bytes under a path of the mirror; with `type` as its content type. */
  put(path: string, content: Buffer | string, type?: string): void;
  /** With the checksum beside it, as upstream has it. */
  publish(path: string, content: Buffer | string, checksum?: { suffix?: string; named?: boolean }): string;
  remove(path: string): void;
  faults: Map<string, Fault>;
  asked: Asked[];
  /** Bearer tokens are wanted under /v2/, and given by /token. */
  login: boolean;
  /** What /token answers. */
  token: string;
}

interface Entry {
  content: Buffer | string;
  size: number;
  etag: string;
  type: string;
}

/** An HTTPS server on loopback (or HTTP, with `plain`) that has files and does to them what the test says. */
export async function startMirror({ plain = false } = {}): Promise<Mirror> {
  const folder = mkdtempSync(join(tmpdir(), 'kubewright-mirror-'));
  const authority = await makeAuthority('mirror-ca');
  const sans = [
    '127.0.0.1',
    'localhost',
    'mirror.test',
    'dl.k8s.io',
    'github.com',
    'registry.k8s.io',
    'ghcr.io',
  ];
  const pair = await authority.issue({ subject: 'CN=mirror', sans });
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, authority.cert);
  const files = new Map<string, Entry>();
  const mirror: Mirror = {
    url: '',
    port: 0,
    ca,
    faults: new Map(),
    asked: [],
    login: false,
    token: JSON.stringify({ token: 'anonymous' }),
    put: (path, content, type = 'application/octet-stream') => {
      const size = typeof content === 'string' ? statSync(content).size : content.length;
      const etag = `"${typeof content === 'string' ? `${content}-${size}` : sha256(content)}"`;
      files.set(path, { content, size, etag, type });
    },
    publish: (path, content, { suffix = '.sha256', named = false } = {}) => {
      mirror.put(path, content);
      const digest = sha256(typeof content === 'string' ? readFileSync(content) : content);
      const name = path.slice(path.lastIndexOf('/') + 1);
      mirror.put(`${path}${suffix}`, Buffer.from(named ? `${digest}  ${name}\n` : digest));
      return digest;
    },
    remove: (path) => files.delete(path),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    void respond(mirror, files, request, response).catch(() => response.destroy());
  };
  const server = plain ? createServer(answer) : createSecureServer(pair, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirror.port = (server.address() as AddressInfo).port;
  mirror.url = `${plain ? 'http' : 'https'}://127.0.0.1:${mirror.port}`;
  return mirror;
}

async function respond(
  mirror: Mirror,
  files: Map<string, Entry>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'https://mirror').pathname;
  const { range, authorization, 'if-range': ifRange } = request.headers;
  mirror.asked.push({ path, range, ifRange: ifRange as string | undefined, authorization });
  if (path === '/token') return end(response, 200, mirror.token);
  if (mirror.login && path.includes('/v2/') && authorization !== 'Bearer anonymous') {
    const challenge = `Bearer realm="${mirror.url}/token",service="mirror",scope="repository:x:pull"`;
    return end(response, 401, '', { 'www-authenticate': challenge });
  }
  const fault = take(mirror.faults, path);
  if (fault?.mute) return;
  if (fault?.location) return end(response, 302, '', { location: fault.location });
  if (fault?.status) return end(response, fault.status, 'no');
  const entry = files.get(path);
  if (!entry) return end(response, 404, 'no such file');
  await send(entry, fault ?? {}, { range, ifRange: ifRange as string | undefined }, response);
  if (fault?.next) mirror.put(path, fault.next);
}

async function send(
  entry: Entry,
  fault: Fault,
  asked: { range: string | undefined; ifRange: string | undefined },
  response: ServerResponse,
): Promise<void> {
  const { etag, size, type } = entry;
  const [, from] = /^bytes=(\d+)-$/.exec(asked.range ?? '') ?? [];
  const same = asked.ifRange === undefined || asked.ifRange === etag;
  const start = from !== undefined && same && !fault.ignoreRange ? Number(from) : 0;
  if (start > 0 && start >= size) return end(response, 416, '', { 'content-range': `bytes */${size}` });
  const headers = { 'content-type': type, 'content-length': size - start, etag, 'accept-ranges': 'bytes' };
  if (start > 0) {
    response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${size - 1}/${size}` });
  } else {
    response.writeHead(200, headers);
  }
  await pipeline(read(entry, start), trouble(fault, response), response).catch(() => response.destroy());
}

function* pieces(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 16_384) yield content.subarray(at, at + 16_384);
}

function read({ content }: Entry, start: number): Readable | Iterable<Buffer> {
  return typeof content === 'string' ? createReadStream(content, { start }) : pieces(content.subarray(start));
}

/** Passes bytes on until the fault strikes. */
function trouble(fault: Fault, response: ServerResponse): Transform {
  let sent = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const room = (fault.cutAfter ?? fault.stallAfter ?? Number.POSITIVE_INFINITY) - sent;
      sent += chunk.length;
      if (chunk.length < room) {
        if (fault.slowMs) setTimeout(done, fault.slowMs, null, chunk);
        else done(null, chunk);
        return;
      }
      this.push(chunk.subarray(0, Math.max(0, room)));
      if (fault.cutAfter !== undefined) cut(response, fault.cutWhen);
    },
  });
}

/** What was pushed has to be on its way before the connection ends. */
function cut(response: ServerResponse, when: () => boolean = () => true): void {
  setTimeout(() => (when() ? response.socket?.destroy() : cut(response, when)), 20);
}

function take(faults: Map<string, Fault>, path: string): Fault | undefined {
  const fault = faults.get(path);
  if (!fault) return undefined;
  if (fault.times !== undefined && --fault.times < 1) faults.delete(path);
  return fault;
}

function end(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, headers);
  response.end(body);
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
