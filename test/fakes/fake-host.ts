import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { checkPath, checkRemoval } from '../../src/host/encode.ts';
import { failure, lockLost } from '../../src/host/failure.ts';
import type {
  Answer,
  Answers,
  ApplyOptions,
  Facts,
  FileState,
  Host,
  JournalEntry,
  LockAnswer,
  LockRequest,
  Operation,
  OperationResult,
  Query,
  RunResult,
  UnitState,
} from '../../src/host/port.ts';
import { fakeFacts } from './fake-facts.ts';

interface Node {
  type: 'file' | 'directory' | 'link';
  mode: number;
  content: Buffer;
  target?: string;
}

/**
 * A host in memory: files, units, sysctls, images, and every operation that it carried out. Held to the same
 * contract as the real one (test/unit/host/contract.test.ts). Commands answer through `onRun`.
 */
export class FakeHost implements Host {
  readonly name: string;
  readonly address = '192.0.2.10';
  readonly nodes = new Map<string, Node>();
  readonly units = new Map<string, UnitState>();
  readonly sysctls = new Map<string, string>();
  readonly images = new Set<string>();
  /** Everything applied so far, in order. */
  readonly operations: Operation[] = [];
  readonly journal: JournalEntry[] = [];
  facts: Facts = fakeFacts();
  /** What commands answer, in `run` queries and operations; default: exit 0, no output. */
  onRun: (argv: readonly string[], stdin: string) => Partial<RunResult> = () => ({});
  /** What is at an address; undefined: nothing. Archives are not taken apart. */
  onFetch: (url: string) => Buffer | undefined = () => undefined;
  roundTrips = 0;
  #lock = { epoch: 0, owner: '', until: 0, since: 0 };

  constructor(name = 'fake') {
    this.name = name;
  }

  put(path: string, content: string | Buffer, mode = 0o644): void {
    this.#parents(path);
    this.nodes.set(path, { type: 'file', mode, content: Buffer.from(content as string) });
  }

  text(path: string): string | undefined {
    return this.nodes.get(path)?.content.toString('utf8');
  }

  async inspect<const Q extends readonly Query[]>(queries: Q): Promise<Answers<Q>> {
    this.roundTrips++;
    return queries.map((query) => this.#answer(query)) as Answers<Q>;
  }

  async apply(batch: readonly Operation[], options: ApplyOptions = {}): Promise<OperationResult[]> {
    if (batch.length === 0) return [];
    this.roundTrips++;
    const results: OperationResult[] = [];
    for (const operation of batch) {
      options.signal?.throwIfAborted();
      if (options.epoch !== undefined && options.epoch !== this.#lock.epoch) {
        this.#fail(operation, ['lost', String(this.#lock.epoch)]);
      }
      const ran = await this.#carryOut(operation);
      this.operations.push(operation);
      const result = { id: operation.id, exit: ran.exit, stdout: ran.stdout, stderr: ran.stderr, seconds: 0 };
      results.push(result);
      options.onDone?.(result);
    }
    return results;
  }

  async lock(request: LockRequest): Promise<LockAnswer> {
    const now = this.facts.uptimeSeconds;
    const { epoch, owner, until, since } = this.#lock;
    const renewed = request.epoch !== undefined && request.epoch === epoch && owner !== '';
    if (request.epoch !== undefined && !renewed) throw lockLost(this.name, { epoch: String(epoch) });
    if (owner !== '' && !renewed && until > now)
      return { heldBy: owner, expiresInSeconds: until - now, held: epoch, forSeconds: now - since };
    const next = renewed ? epoch : epoch + 1;
    this.#lock = {
      epoch: next,
      owner: request.owner,
      until: now + (request.seconds ?? 300),
      since: renewed ? since : now,
    };
    if (owner !== '' && !renewed) return { epoch: next, broken: { owner, why: 'expired' } };
    return { epoch: next };
  }

  async unlock(epoch: number): Promise<void> {
    if (epoch === this.#lock.epoch) this.#lock.owner = '';
  }

  async tunnel(_host: string, _port: number): Promise<Duplex> {
    throw new Error('a host in memory listens on nothing');
  }

  async close(): Promise<void> {}

  #answer(query: Query): Answer {
    switch (query.kind) {
      case 'facts':
        return this.facts;
      case 'file':
        return this.#file(query);
      case 'unit':
        return this.units.get(query.name) ?? { active: 'unknown', enabled: '' };
      case 'list': {
        const inside = `${query.path}/`;
        const names = [...this.nodes.keys()].filter((path) => path.startsWith(inside));
        return names
          .map((path) => path.slice(inside.length))
          .filter((name) => !name.includes('/'))
          .sort();
      }
      case 'run':
        return { exit: 0, stdout: '', stderr: '', ...this.onRun(query.argv, '') };
      case 'journal':
        return this.journal;
    }
  }

  #file(query: Extract<Query, { kind: 'file' }>): FileState {
    const node = this.nodes.get(query.path);
    if (!node) return { type: 'absent', mode: 0, uid: 0, gid: 0, size: 0 };
    const state: FileState = { type: node.type, mode: node.mode, uid: 0, gid: 0, size: node.content.length };
    if (node.target !== undefined) state.target = node.target;
    if (node.type === 'file' && query.content) state.content = node.content;
    if (node.type === 'file' && (query.content || query.hash)) state.sha256 = sha256(node.content);
    return state;
  }

  async #carryOut(operation: Operation): Promise<RunResult> {
    const quiet = { exit: 0, stdout: '', stderr: '' };
    switch (operation.kind) {
      case 'write':
        this.#write(operation, Buffer.from(operation.content as string));
        return quiet;
      case 'upload':
        this.#write(operation, await this.#received(operation, operation.artifact));
        return quiet;
      case 'fetch':
        this.#fetch(operation);
        return quiet;
      case 'image':
        await this.#received(operation, operation.artifact);
        this.#begin(
          operation,
          operation.reference,
          this.images.has(operation.reference) ? 'present' : 'absent',
        );
        this.images.add(operation.reference);
        return quiet;
      case 'mkdir':
        this.#mkdir(operation);
        return quiet;
      case 'remove':
        this.#remove(operation);
        return quiet;
      case 'sysctl':
        this.#begin(operation, operation.key, this.sysctls.get(operation.key) ?? '');
        this.sysctls.set(operation.key, operation.value);
        return quiet;
      case 'unit':
        this.#unit(operation);
        return quiet;
      case 'run':
        return this.#run(operation);
    }
  }

  #write(operation: Extract<Operation, { kind: 'write' | 'upload' | 'fetch' }>, content: Buffer): void {
    const { path, mode, expect = 'any' } = operation;
    const node = this.nodes.get(checkPath(path));
    if (node?.type === 'directory') this.#fail(operation, [], `${path} is a directory`);
    const now = node ? sha256(node.content) : 'absent';
    const wanted = typeof expect === 'object' ? expect.sha256 : expect;
    if (wanted !== 'any' && now !== wanted && now !== sha256(content)) this.#fail(operation, ['moved', now]);
    this.#parents(path);
    this.#begin(operation, path, node ? 'kept' : 'absent');
    this.nodes.set(path, { type: 'file', mode, content });
  }

  #fetch(operation: Extract<Operation, { kind: 'fetch' }>): void {
    const content = this.onFetch(operation.from.url);
    if (content === undefined) this.#fail(operation, ['unfetched', '22']);
    if (sha256(content) !== operation.from.sha256) this.#fail(operation, ['damaged']);
    this.#write(operation, content);
  }

  async #received(operation: Operation, artifact: { sha256: string; open(): NodeJS.ReadableStream }) {
    const content = await buffer(artifact.open());
    if (sha256(content) !== artifact.sha256) this.#fail(operation, ['damaged']);
    return content;
  }

  #mkdir(operation: Extract<Operation, { kind: 'mkdir' }>): void {
    const node = this.nodes.get(checkPath(operation.path));
    if (node && node.type !== 'directory') this.#fail(operation, [], 'File exists');
    this.#parents(operation.path);
    this.#begin(operation, operation.path, node ? 'directory' : 'absent');
    this.nodes.set(operation.path, { type: 'directory', mode: operation.mode, content: Buffer.alloc(0) });
  }

  #remove(operation: Extract<Operation, { kind: 'remove' }>): void {
    const { path, recursive, expect = 'any' } = operation;
    const node = this.nodes.get(checkRemoval(operation));
    if (node && typeof expect === 'object' && sha256(node.content) !== expect.sha256) {
      this.#fail(operation, ['moved', sha256(node.content)]);
    }
    const inside = [...this.nodes.keys()].filter((other) => other.startsWith(`${path}/`));
    if (inside.length > 0 && !recursive) this.#fail(operation, [], 'Directory not empty');
    this.#begin(operation, path, node ? 'kept' : 'absent');
    for (const other of [path, ...inside]) this.nodes.delete(other);
  }

  #unit(operation: Extract<Operation, { kind: 'unit' }>): void {
    const { name, action } = operation;
    if (action === 'reload') return;
    const before = this.units.get(name);
    if (!before && action !== 'disable') this.#fail(operation, [], `Unit ${name} not found.`);
    if (!before) return;
    this.#begin(operation, name, `${before.active} ${before.enabled}`);
    const active = action === 'stop' || action === 'disable' ? 'inactive' : 'active';
    const enabled = action === 'enable' ? 'enabled' : action === 'disable' ? 'disabled' : before.enabled;
    this.units.set(name, { active, enabled });
  }

  #run(operation: Extract<Operation, { kind: 'run' }>): RunResult {
    this.#begin(operation, operation.argv[0]!, '');
    const undo = operation.undo;
    if (undo) this.journal.at(-1)!.undo = [...undo];
    const stdin = Buffer.from((operation.stdin ?? '') as string).toString('utf8');
    const result = { exit: 0, stdout: '', stderr: '', ...this.onRun(operation.argv, stdin) };
    if (!(operation.accept ?? [0]).includes(result.exit)) {
      this.journal.at(-1)!.done = false;
      this.#fail(operation, [], result.stderr, result.exit);
    }
    return result;
  }

  #begin(operation: Operation, target: string, before: string): void {
    this.journal.push({ id: operation.id, kind: operation.kind, target, before, done: true });
  }

  #parents(path: string): void {
    const above = path.slice(0, path.lastIndexOf('/'));
    if (above === '' || this.nodes.has(above)) return;
    this.#parents(above);
    this.nodes.set(above, { type: 'directory', mode: 0o755, content: Buffer.alloc(0) });
  }

  #fail(operation: Operation, words: string[], stderr = '', code = 0): never {
    throw failure(this.name, operation, { words, code, stderr });
  }
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
