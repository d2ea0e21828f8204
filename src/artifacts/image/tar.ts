import { createHash } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { pack } from 'tar-stream';

/** One entry of a layer or archive. Paths are absolute and normal: see `normalPath`. */
export type TarEntry = { path: string; mode: number } & (
  | { type: 'file'; size: number; open: () => AsyncIterable<Buffer> | Iterable<Buffer> }
  | { type: 'directory' }
  | { type: 'symlink'; target: string }
);

/**
 * `/usr//bin/./x/` → `/usr/bin/x`. Throws on what could point outside of the tree or cannot be in a tar: `..`,
 * NUL, a relative or empty path.
 */
export function normalPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (!path.startsWith('/') || parts.length === 0 || parts.includes('..') || path.includes('\0')) {
    throw new TypeError(`not a path inside of an image: ${JSON.stringify(path)}`);
  }
  return `/${parts.join('/')}`;
}

/** Sorted by bytes, every parent folder there (0755) and before what is in it, each path once. */
export function completeTree(entries: readonly TarEntry[]): TarEntry[] {
  const tree = new Map<string, TarEntry>();
  for (const entry of entries) {
    const path = normalPath(entry.path);
    if (tree.has(path)) throw new TypeError(`twice in one image: ${path}`);
    tree.set(path, { ...entry, path });
  }
  for (const path of [...tree.keys()]) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      const there = tree.get(parent);
      if (there && there.type !== 'directory') throw new TypeError(`${parent} is no folder, but has ${path}`);
      if (!there) tree.set(parent, { path: parent, type: 'directory', mode: 0o755 });
    }
  }
  return [...tree.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

/** The same entries give the same bytes: order as given, no times, no owners. Large files pass in pieces. */
export function tarStream(entries: Iterable<TarEntry>): AsyncIterable<Buffer> {
  const tar = pack();
  // Errors reach the reader through iteration; without a listener they would also end the process.
  tar.on('error', () => undefined);
  void fill(tar, entries).catch((error: Error) => tar.destroy(error));
  return tar as unknown as Readable;
}

type Pack = ReturnType<typeof pack>;

async function fill(tar: Pack, entries: Iterable<TarEntry>): Promise<void> {
  for (const entry of entries) await add(tar, entry);
  tar.finalize();
}

function add(tar: Pack, entry: TarEntry): Promise<void> {
  const header = {
    name: entry.path.slice(1),
    mode: entry.mode,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
    type: entry.type,
    size: entry.type === 'file' ? entry.size : 0,
    ...(entry.type === 'symlink' ? { linkname: entry.target } : {}),
  };
  return new Promise((resolve, reject) => {
    const sink = tar.entry(header, (error) => (error ? reject(error) : resolve()));
    sink.on('error', () => undefined);
    if (entry.type !== 'file') return;
    feed(sink as unknown as Writable, entry.open()).catch((error: Error) => {
      tar.destroy(error);
      reject(error);
    });
  });
}

async function feed(sink: Writable, content: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
  for await (const chunk of content) {
    if (sink.destroyed) return;
    if (chunk.length > 0 && !sink.write(chunk)) await room(sink);
  }
  sink.end();
}

/** Until it takes more, or is gone because the reader of the tar is. */
function room(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      sink.off('drain', done);
      sink.off('close', done);
      resolve();
    };
    sink.on('drain', done);
    sink.on('close', done);
  });
}

export interface Measured {
  sha256: string;
  size: number;
}

export async function measure(content: AsyncIterable<Buffer>): Promise<Measured> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}
