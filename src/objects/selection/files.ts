import { glob, readdir, readFile, stat } from 'node:fs/promises';
import { extname, isAbsolute, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { mapLimit } from '../../base/concurrency.ts';
import { type Manifest, readManifests } from '../../kube/yaml.ts';
import { throwAll, unreadable, usageFault } from '../failures.ts';

const EXTENSIONS = new Set(['.json', '.yaml', '.yml']);
const MAX_BYTES = 256 * 1024 * 1024;
const FILES_AT_ONCE = 16;

export interface FileOptions {
  recursive?: boolean;
  cwd: string;
  stdin: Readable;
  signal?: AbortSignal;
}

export interface FileSelection {
  manifests: Manifest[];
  /** Texts with a cluster in them, which has a reader of its own. Where they can be read, in `manifests` as well. */
  clusters: ClusterText[];
  /** One file, as opposed to a folder or standard input: what is in it stands for itself. */
  single: boolean;
}

export interface ClusterText {
  text: string;
  source: string;
  /** Named by the user as a file of its own, or standard input: not found in a folder, by a pattern or elsewhere. */
  named: boolean;
}

interface Source {
  /** As the user gave it. */
  name: string;
  read(): Promise<Uint8Array>;
  named?: boolean;
}

/**
 * Every object of `-f FILE|DIR|GLOB|URL|-`, folders in the order of their names. Errors of several files are
 * thrown together, each with its file and line.
 */
export async function readFiles(names: readonly string[], options: FileOptions): Promise<FileSelection> {
  if (names.filter((name) => name === '-').length > 1)
    throw usageFault('standard input cannot be used for multiple arguments');
  const sources = (await mapLimit(names, 1, (name) => expand(name, options))).flat();
  const errors: unknown[] = [];
  const read = await mapLimit(sources, FILES_AT_ONCE, async (source) => {
    try {
      return readSource(await source.read(), source);
    } catch (error) {
      errors.push(error);
      return { manifests: [], clusters: [] };
    }
  });
  throwAll(errors);
  return {
    manifests: read.flatMap(({ manifests }) => manifests),
    clusters: read.flatMap(({ clusters }) => clusters),
    single: sources.length === 1 && names[0] !== '-',
  };
}

/** Whatever is of this group goes to hosts, not to an API server. */
export function isDeclared({ object }: Manifest): boolean {
  return object.apiVersion.startsWith('kubewright.dev/');
}

const DECLARED = /^(\{\s*)?["']?apiVersion["']?\s*:\s*["']?kubewright\.dev\//m;

function readSource(bytes: Uint8Array, { name, named = false }: Source): Omit<FileSelection, 'single'> {
  const cluster = () => ({ text: Buffer.from(bytes).toString('utf8'), source: name, named });
  try {
    const manifests = readManifests(bytes, name);
    return { manifests, clusters: manifests.some(isDeclared) ? [cluster()] : [] };
  } catch (error) {
    // A cluster's own reader says all that is wrong with it.
    if (DECLARED.test(cluster().text)) return { manifests: [], clusters: [cluster()] };
    throw error;
  }
}

async function expand(name: string, options: FileOptions): Promise<Source[]> {
  if (name === '-') return [{ name, named: true, read: () => readAll(options.stdin) }];
  if (/^https?:\/\//.test(name)) {
    if (!URL.canParse(name)) throw usageFault(`the URL passed to filename "${name}" is not valid`);
    const read = async () => (await import('./url.ts')).fetchManifest(name, options.signal);
    return [{ name, read }];
  }
  const found = await Promise.all((await matches(name, options.cwd)).map((path) => walk(path, options)));
  const paths = found.flat();
  if (paths.length === 0)
    throw unreadable(`error reading [${name}]: recognized file extensions are [.json .yaml .yml]`, {
      hint: options.recursive ? undefined : 'with -R folders inside are read too',
    });
  return paths.map((path) => ({ name: path, named: path === name, read: () => readOne(path, options.cwd) }));
}

/** The path itself where it exists, otherwise what it matches as a pattern. */
async function matches(name: string, cwd: string): Promise<string[]> {
  try {
    await stat(resolve(cwd, name));
    return [name];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      throw unreadable(`the path "${name}" cannot be accessed: ${(error as Error).message}`);
  }
  const found: string[] = [];
  if (/[*?[]/.test(name)) for await (const path of glob(name, { cwd })) found.push(path);
  if (found.length === 0) throw unreadable(`the path "${name}" does not exist`);
  return found.map((path) => (isAbsolute(name) ? resolve(cwd, path) : path)).sort();
}

/** A file named by the user whatever its ending; in a folder only manifests, links to folders not followed. */
async function walk(path: string, options: FileOptions): Promise<string[]> {
  const at = resolve(options.cwd, path);
  if (!(await stat(at)).isDirectory()) return [path];
  const entries = await readdir(at, { withFileTypes: true });
  const sorted = entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  const inside = await mapLimit(sorted, 1, async (entry) => {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) return options.recursive ? walk(inner, options) : [];
    return EXTENSIONS.has(extname(entry.name)) ? [inner] : [];
  });
  return inside.flat();
}

async function readOne(path: string, cwd: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(cwd, path));
  } catch (error) {
    throw unreadable(`the path "${path}" cannot be accessed: ${(error as Error).message}`);
  }
}

async function readAll(stdin: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > MAX_BYTES) throw unreadable('standard input is larger than 256 MiB');
  }
  return Buffer.concat(chunks);
}
