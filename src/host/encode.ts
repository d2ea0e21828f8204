import { createHash } from 'node:crypto';
import { shownUrl } from '../base/shown-url.ts';
import { escapeField } from './journal.ts';
import type { Blob, Operation, Remote } from './port.ts';
import { requestLine } from './request.ts';

/** An operation as it travels: its request line, then `size` bytes of content. */
export interface Encoded {
  operation: Operation;
  line: string;
  size: number;
  content?: Buffer;
  blob?: Blob;
}

const SECONDS = 60;
const IMAGE_SECONDS = 300;
const TOP_LEVEL = /^\/(?:[^/]+|usr\/[^/]+|var\/lib|var\/log|etc\/ssh|etc\/systemd)$/;

/** `sequence` is unique in the session; a repeated sending keeps it. Throws TypeError for paths it will not touch. */
export function encode(operation: Operation, sequence: number): Encoded {
  const payload = payloadOf(operation);
  const undo = operation.kind === 'run' && operation.undo ? JSON.stringify(operation.undo) : '';
  const line = requestLine([
    'op',
    sequence,
    operation.kind,
    payload.size,
    operation.timeoutSeconds ?? (operation.kind === 'image' ? IMAGE_SECONDS : SECONDS),
    escapeField(operation.id),
    escapeField(payload.target),
    escapeField(undo),
    createHash('sha256').update(`${payload.family} ${payload.target}`).digest('hex').slice(0, 32),
    ...payload.words,
  ]);
  return { operation, line, size: payload.size, content: payload.content, blob: payload.blob };
}

interface Payload {
  /** What is journalled, and with `family` what original states are remembered by. */
  target: string;
  family: 'path' | 'sysctl' | 'unit' | 'image' | 'run';
  words: (string | number)[];
  size: number;
  content?: Buffer;
  blob?: Blob;
}

function payloadOf(operation: Operation): Payload {
  switch (operation.kind) {
    case 'write': {
      const content = Buffer.from(operation.content as string);
      const sha256 = createHash('sha256').update(content).digest('hex');
      return { ...file(operation, sha256), size: content.length, content };
    }
    case 'upload': {
      const { artifact } = operation;
      const place = file(operation, artifact.sha256);
      return { ...place, words: [...place.words, keeping(operation)], size: artifact.size, blob: artifact };
    }
    case 'fetch':
      return fetching(operation);
    case 'mkdir':
      return {
        target: checkPath(operation.path),
        family: 'path',
        words: [operation.path, octal(operation.mode)],
        size: 0,
      };
    case 'remove':
      return removal(operation);
    case 'sysctl':
      return {
        target: operation.key,
        family: 'sysctl',
        words: [sysctlPath(operation.key), operation.value],
        size: 0,
      };
    case 'unit':
      return { target: operation.name, family: 'unit', words: [operation.name, operation.action], size: 0 };
    case 'image':
      return imported(operation);
    case 'run':
      return command(operation);
  }
}

type Of<K extends Operation['kind']> = Extract<Operation, { kind: K }>;

function file(operation: Of<'write'> | Of<'upload'> | Of<'fetch'>, sha256: string) {
  const { path, mode } = operation;
  const words = [checkPath(path), octal(mode), octal(0o777 & ~mode), sha256, expectation(operation.expect)];
  return { target: path, family: 'path' as const, words };
}

function fetching(operation: Of<'fetch'>): Payload {
  const { sha256, member = '' } = operation.from;
  const [url, ...how] = remote(operation.id, operation.from);
  const place = file(operation, operation.sha256);
  const words = [...place.words, keeping(operation), operation.size, url!, sha256, member, ...how];
  return { ...place, words, size: 0 };
}

function imported(operation: Of<'image'>): Payload {
  const { reference, artifact, from } = operation;
  const words = [reference, artifact.sha256, artifact.size, keeping(operation)];
  const about = { target: reference, family: 'image' as const };
  if (from) return { ...about, words: [...words, ...remote(operation.id, from)], size: 0 };
  return { ...about, words: [...words, '', ''], size: artifact.size, blob: artifact };
}

/** URL, whether it is near, and the environment of the program that fetches. */
function remote(id: string, { url, near, env }: Remote): string[] {
  // curl is given it between quotation marks.
  if (!/^https?:\/\/[^\s"\\]+$/.test(url)) throw new TypeError(`${id}: not an address: ${shownUrl(url)}`);
  return [url, near ? '1' : '', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
}

function keeping({ keep }: { keep?: string }): string {
  return keep === undefined ? '' : checkPath(keep);
}

function removal(operation: Of<'remove'>): Payload {
  const path = checkRemoval(operation);
  const words = [path, operation.recursive ? 1 : '', expectation(operation.expect)];
  return { target: path, family: 'path', words, size: 0 };
}

function command(operation: Of<'run'>): Payload {
  const [first] = operation.argv;
  if (first === undefined) throw new TypeError(`${operation.id}: a command needs at least one word`);
  const environment = Object.entries(operation.env ?? {}).map(([name, value]) => `${name}=${value}`);
  const content = Buffer.from((operation.stdin ?? '') as string);
  const accept = (operation.accept ?? [0]).join(' ');
  const words = [accept, environment.length, ...environment, ...operation.argv];
  return { target: first, family: 'run', words, size: content.length, content };
}

function expectation(expect: Of<'write'>['expect']): string {
  return typeof expect === 'object' ? expect.sha256 : (expect ?? 'any');
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}

/** `net.ipv4.ip_forward`; where a slash comes first the two are swapped, as in sysctl(8): `net/ipv4/conf/eth0.1/…`. */
function sysctlPath(key: string): string {
  if (!/^[\w./:@-]+$/.test(key) || key.includes('..'))
    throw new TypeError(`${key} is not a kernel parameter`);
  const slash = key.indexOf('/');
  const dot = key.indexOf('.');
  const swapped = slash < 0 || (dot >= 0 && dot < slash);
  const path = swapped ? key.replace(/[./]/g, (sign) => (sign === '.' ? '/' : '.')) : key;
  return `/proc/sys/${path}`;
}

/** Nothing takes a host's top-level folders away. */
export function checkRemoval(operation: { path: string; recursive?: boolean }): string {
  const path = checkPath(operation.path);
  if (operation.recursive && TOP_LEVEL.test(path)) throw new TypeError(`${path} is not removed recursively`);
  return path;
}

/** Absolute, in its shortest form, and not the root itself. */
export function checkPath(path: string): string {
  const words = path.split('/').slice(1);
  if (!path.startsWith('/') || path.includes('\0')) throw new TypeError(`not an absolute path: ${path}`);
  if (words.some((word) => word === '' || word === '.' || word === '..')) {
    throw new TypeError(`not a path in its shortest form: ${path}`);
  }
  return path;
}
