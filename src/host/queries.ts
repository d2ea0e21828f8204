import { createHash } from 'node:crypto';
import type { Agent } from './agent.ts';
import { parseFacts } from './facts.ts';
import type { Frame } from './frames.ts';
import { parseJournal } from './journal.ts';
import type { Answer, FileState, Query, UnitState } from './port.ts';
import { requestBytes, requestLine } from './request.ts';

const CONTENT_LIMIT = 1024 * 1024;
const LOOK_SECONDS = 20;

/** Asks everything in one request. Answers stand in the order of the queries. */
export async function ask(agent: Agent, queries: readonly Query[], prefix: string): Promise<Answer[]> {
  const seen = new Seen(prefix);
  const asked = performance.timeOrigin + performance.now();
  await agent.write(requestBytes(request(queries, prefix)));
  for (;;) {
    const frame = await agent.next();
    if (frame.words[0] === 'end') break;
    if (frame.words[0] === 'clock') seen.here = (asked + performance.timeOrigin + performance.now()) / 2;
    seen.take(frame);
  }
  const large = queries.flatMap((query) =>
    query.kind === 'file' && seen.tooLarge(query) ? [query.path] : [],
  );
  if (large.length > 0) await hashesOf(agent, large, prefix, seen);
  return queries.map((query, index) => seen.answer(query, index, queries));
}

/** Files that turned out too large for their content to be sent: their hash at least. */
async function hashesOf(agent: Agent, paths: string[], prefix: string, seen: Seen): Promise<void> {
  const line = requestLine(['hashes', ...paths.map((path) => prefix + path)]);
  await agent.write(requestBytes([line, 'ended']));
  for (let frame = await agent.next(); frame.words[0] !== 'end'; frame = await agent.next()) seen.take(frame);
}

function request(queries: readonly Query[], prefix: string): string[] {
  const files = queries.filter((query) => query.kind === 'file');
  const paths = unique(files.map((query) => prefix + query.path));
  const contents = unique(files.filter((query) => query.content).map((query) => prefix + query.path));
  const hashes = unique(files.filter((query) => query.hash).map((query) => prefix + query.path));
  const lines = [];
  if (queries.some((query) => query.kind === 'facts')) lines.push('facts');
  if (paths.length > 0) lines.push(requestLine(['stats', ...paths]));
  for (const path of contents) lines.push(requestLine(['content', files.findIndex(is(path, prefix)), path]));
  const plain = hashes.filter((path) => !contents.includes(path));
  if (plain.length > 0) lines.push(requestLine(['hashes', ...plain]));
  const units = unitNames(queries);
  if (units.length > 0) lines.push(requestLine(['units', ...units]));
  queries.forEach((query, index) => {
    if (query.kind === 'list') lines.push(requestLine(['names', index, prefix + query.path]));
    if (query.kind === 'run') {
      lines.push(requestLine(['look', index, query.timeoutSeconds ?? LOOK_SECONDS, ...query.argv]));
    }
  });
  if (queries.some((query) => query.kind === 'journal')) lines.push('journal');
  return [...lines, 'ended'];
}

const is = (path: string, prefix: string) => (query: { path: string }) => prefix + query.path === path;

function unitNames(queries: readonly Query[]): string[] {
  return unique(queries.flatMap((query) => (query.kind === 'unit' ? [query.name] : [])));
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

interface Stat {
  mode: number;
  uid: number;
  gid: number;
  size: number;
}

/** Gathers frames by what they are about. */
class Seen {
  here = 0;
  readonly #prefix: string;
  readonly #stats = new Map<string, Stat>();
  readonly #links = new Map<string, string>();
  readonly #hashes = new Map<string, string>();
  readonly #contents = new Map<string, Buffer>();
  readonly #indexed = new Map<string, Frame>();
  readonly #facts: Frame[] = [];

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  take(frame: Frame): void {
    const [kind, first, ...rest] = frame.words;
    const text = () => frame.body.toString('utf8');
    switch (kind) {
      case 'stat': {
        const [uid, gid, size] = rest.map(Number) as [number, number, number];
        this.#stats.set(text(), { mode: Number.parseInt(first!, 16), uid, gid, size });
        break;
      }
      case 'link': {
        const at = frame.body.indexOf(0);
        this.#links.set(
          frame.body.toString('utf8', 0, at),
          frame.body.toString('utf8', at + 1).replace(/\n$/, ''),
        );
        break;
      }
      case 'content':
        this.#contents.set(first!, frame.body);
        break;
      case 'hashes':
        for (const [path, hash] of parseHashes(text())) this.#hashes.set(path, hash);
        break;
      case 'names':
      case 'look':
      case 'looked':
        this.#indexed.set(`${kind} ${first}`, frame);
        break;
      case 'units':
      case 'journal':
        this.#indexed.set(kind, frame);
        break;
      default:
        this.#facts.push(frame);
    }
  }

  tooLarge(query: { path: string; content?: boolean }): boolean {
    return query.content === true && (this.#stats.get(this.#prefix + query.path)?.size ?? 0) > CONTENT_LIMIT;
  }

  answer(query: Query, index: number, queries: readonly Query[]): Answer {
    switch (query.kind) {
      case 'facts':
        return parseFacts(this.#facts, this.here);
      case 'file':
        return this.#file(query, queries);
      case 'unit':
        return this.#unit(query.name, unitNames(queries));
      case 'list':
        return this.#body(`names ${index}`).split('\0').slice(0, -1).sort();
      case 'run': {
        const end = this.#indexed.get(`looked ${index}`);
        const exit = Number(end?.words[2] ?? 127);
        return { exit, stdout: this.#body(`look ${index}`), stderr: end?.body.toString('utf8') ?? '' };
      }
      case 'journal':
        return parseJournal(this.#body('journal'));
    }
  }

  #body(key: string): string {
    return this.#indexed.get(key)?.body.toString('utf8') ?? '';
  }

  #file(query: Extract<Query, { kind: 'file' }>, queries: readonly Query[]): FileState {
    const path = this.#prefix + query.path;
    const stat = this.#stats.get(path);
    if (!stat) return { type: 'absent', mode: 0, uid: 0, gid: 0, size: 0 };
    const { uid, gid, size } = stat;
    const state: FileState = { type: typeOf(stat.mode), mode: stat.mode & 0o7777, uid, gid, size };
    const target = this.#links.get(path);
    if (target !== undefined) state.target = target;
    const files = queries.filter((other) => other.kind === 'file');
    const content = this.#contents.get(String(files.findIndex(is(path, this.#prefix))));
    const whole = content !== undefined && content.length <= CONTENT_LIMIT ? content : undefined;
    if (query.content && whole) Object.assign(state, { content: whole, size: whole.length });
    if (query.content || query.hash) {
      const sha256 = whole ? hashOf(whole) : this.#hashes.get(path);
      if (sha256) state.sha256 = sha256;
    }
    return state;
  }

  #unit(name: string, names: string[]): UnitState {
    const blocks = this.#body('units')
      .split(/\n\n+/)
      .map((block) => block.trim())
      .filter((block) => block !== '')
      .map((block) => new Map(block.split('\n').map((line) => splitOnce(line, '='))));
    const full = name.includes('.') ? name : `${name}.service`;
    const block =
      blocks.length === names.length
        ? blocks[names.indexOf(name)]
        : blocks.find((properties) => properties.get('Id') === full);
    if (!block || block.get('LoadState') === 'not-found') return { active: 'unknown', enabled: '' };
    return { active: block.get('ActiveState') ?? 'unknown', enabled: block.get('UnitFileState') ?? '' };
  }
}

/** sha256sum's lines; it marks names that hold a backslash or newline with a leading backslash and escapes them. */
function parseHashes(text: string): [path: string, hash: string][] {
  return text.split('\n').flatMap((line) => {
    const match = /^(\\?)([0-9a-f]{64}) [ *](.*)$/.exec(line);
    if (!match) return [];
    const escapes: Record<string, string> = { n: '\n', r: '\r', '\\': '\\' };
    const path = match[1]
      ? match[3]!.replace(/\\(.)/g, (_all, sign: string) => escapes[sign] ?? sign)
      : match[3]!;
    return [[path, match[2]!]];
  });
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function splitOnce(line: string, sign: string): [string, string] {
  const at = line.indexOf(sign);
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

function typeOf(mode: number): FileState['type'] {
  switch (mode & 0o170000) {
    case 0o100000:
      return 'file';
    case 0o040000:
      return 'directory';
    case 0o120000:
      return 'link';
    default:
      return 'other';
  }
}
