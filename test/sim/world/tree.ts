import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

interface Entry {
  type: 'directory' | 'file' | 'link';
  mode: number;
  /** Seconds since 1970. */
  modified: number;
  content?: Buffer;
  target?: string;
}

/** Files by their path below some root: what a host's disk holds at one moment. */
export type Tree = ReadonlyMap<string, Entry>;

/** What was read last of each path: a file that did not change is not read again. */
type Known = Map<string, { stamp: string; entry: Entry }>;

/** Copies the contents of folders, and puts them back as they were: only what differs is touched. */
export class Disk {
  readonly #root: string;
  readonly #folders: readonly string[];
  #known: Known = new Map();

  constructor(root: string, folders: readonly string[]) {
    this.#root = root;
    this.#folders = folders;
  }

  read(): Tree {
    const known: Known = new Map();
    const tree = new Map<string, Entry>();
    for (const folder of this.#folders) this.#walk(folder, tree, known);
    this.#known = known;
    return tree;
  }

  write(wanted: Tree): void {
    const there = this.read();
    for (const [path, entry] of [...there].toReversed()) {
      const target = wanted.get(path);
      if (target === undefined || target.type !== entry.type || differs(entry, target))
        rmSync(join(this.#root, path), { recursive: true, force: true });
    }
    for (const [path, entry] of wanted) this.#put(path, entry, there.get(path));
  }

  #put(path: string, entry: Entry, found: Entry | undefined): void {
    const at = join(this.#root, path);
    if (entry.type === 'directory') {
      mkdirSync(at, { recursive: true });
      chmodSync(at, entry.mode);
      return;
    }
    if (found === entry || (found?.type === entry.type && !differs(found, entry))) return;
    if (entry.type === 'link') {
      symlinkSync(entry.target!, at);
      return;
    }
    writeFileSync(at, entry.content!);
    chmodSync(at, entry.mode);
    utimesSync(at, entry.modified, entry.modified);
  }

  #walk(path: string, tree: Map<string, Entry>, known: Known): void {
    const at = join(this.#root, path);
    const stat = lstatSync(at, { bigint: true, throwIfNoEntry: false });
    if (!stat) return;
    const stamp = `${stat.ino} ${stat.size} ${stat.mode} ${stat.mtimeNs} ${stat.ctimeNs}`;
    const before = this.#known.get(path);
    const mode = Number(stat.mode & 0o7777n);
    const about = { mode, modified: Number(stat.mtimeNs) / 1e9 };
    const same = before?.stamp === stamp ? before.entry : undefined;
    if (stat.isDirectory()) {
      keep(same ?? { type: 'directory', ...about });
      for (const name of readdirSync(at)) this.#walk(`${path}/${name}`, tree, known);
    } else if (stat.isSymbolicLink()) keep(same ?? { type: 'link', ...about, target: readlinkSync(at) });
    else if (stat.isFile()) keep(same ?? { type: 'file', ...about, content: readFileSync(at) });

    function keep(entry: Entry): void {
      known.set(path, { stamp, entry });
      tree.set(path, entry);
    }
  }
}

function differs(one: Entry, other: Entry): boolean {
  if (one === other || one.type === 'directory') return false;
  if (one.type === 'link') return one.target !== other.target;
  return (
    one.mode !== other.mode ||
    Math.abs(one.modified - other.modified) > 1e-6 ||
    !one.content!.equals(other.content!)
  );
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
