import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { KubewrightError } from '../base/errors.ts';
import { EXIT } from '../base/exit-codes.ts';
import { Agent, type LaneName } from './agent.ts';
import type { Connection } from './connection.ts';
import { encode } from './encode.ts';
import { exchange } from './exchange.ts';
import { connectionLost } from './failure.ts';
import { type Fault, FaultHook } from './fault.ts';
import { Lost } from './frames.ts';
import { acquire, release } from './lease.ts';
import { Line } from './line.ts';
import type {
  Answer,
  Answers,
  ApplyOptions,
  Host,
  LockAnswer,
  LockRequest,
  Operation,
  OperationResult,
  Query,
} from './port.ts';
import { ask } from './queries.ts';

export interface HostOptions {
  /** The login's password, where sudo wants one; asked at most once. undefined: there is nobody to ask. */
  sudoPassword?: () => Promise<string | undefined>;
  fault?: Fault;
  /** For tests: a folder on the host that stands for `/` in every path, with /stub-bin in front of PATH. */
  prefix?: string;
  /** Seconds that an earlier run's command is waited for before it is ended (with a lock) or given up; default 30. */
  patience?: number;
}

/** Times that an exchange is tried again after its connection was lost. */
const RETRIES = 3;

/** Connects, and gives the host as everything else uses it. Errors of the first `connect` pass as they are. */
export async function openHost(
  name: string,
  connect: () => Promise<Connection>,
  options: HostOptions = {},
): Promise<Host> {
  const line = new Line(name, connect);
  const connection = await line.connection();
  return new Session(name, connection.address, line, options);
}

class Session implements Host {
  readonly name: string;
  readonly address: string;
  readonly #line: Line;
  readonly #options: HostOptions;
  readonly #run = randomBytes(8).toString('hex');
  readonly #fault: FaultHook;
  readonly #agents = new Map<LaneName, Agent>();
  readonly #queues = new Map<LaneName, Promise<unknown>>();
  /** Lanes with work on them, and how much waits there. */
  readonly #busy = new Map<LaneName, number>();
  #password: Promise<string | undefined> | undefined;
  #sequence = 0;
  #roundTrips = 0;
  #closed = false;
  /** Why the last exchange was given up. */
  #gone: KubewrightError | undefined;

  constructor(name: string, address: string, line: Line, options: HostOptions) {
    this.name = name;
    this.address = address;
    this.#line = line;
    this.#options = options;
    this.#fault = new FaultHook(options.fault);
  }

  get roundTrips(): number {
    return this.#roundTrips;
  }

  async inspect<const Q extends readonly Query[]>(queries: Q): Promise<Answers<Q>> {
    const answers = await this.#exchange('main', (agent): Promise<Answer[]> => {
      return ask(agent, queries, this.#options.prefix ?? '');
    });
    return answers as Answers<Q>;
  }

  async apply(batch: readonly Operation[], options: ApplyOptions = {}): Promise<OperationResult[]> {
    const operations = batch.map((operation) => encode(operation, ++this.#sequence));
    if (operations.length === 0) return [];
    const results: OperationResult[] = [];
    const total = operations.reduce((sum, { blob, size }) => sum + (blob ? size : 0), 0);
    let sent = 0;
    let again = false;
    await this.#exchange(options.lane ?? 'main', async (agent) => {
      options.signal?.throwIfAborted();
      const left = operations.slice(results.length);
      const repeated = again;
      again = true;
      sent = operations.slice(0, results.length).reduce((sum, { blob, size }) => sum + (blob ? size : 0), 0);
      if (left.length === 0) return;
      await exchange({
        host: this.name,
        agent,
        operations: left,
        options,
        fault: this.#fault,
        again: repeated,
        acknowledge: (result) => results.push(result),
        progress: (bytes) => {
          sent += bytes;
          options.onProgress?.(sent, total);
        },
      });
    });
    return results;
  }

  lock(request: LockRequest): Promise<LockAnswer> {
    const busy = request.epoch !== undefined && this.#busy.has('main');
    return this.#exchange(busy ? 'pulse' : 'main', (agent) => acquire(this.name, agent, request));
  }

  async unlock(epoch: number, { forget = false }: { forget?: boolean } = {}): Promise<void> {
    // It was tried for long enough: a host that is away lets go by itself.
    if (this.#gone) throw this.#gone;
    return this.#exchange('main', (agent) => release(agent, epoch, forget));
  }

  async tunnel(host: string, port: number): Promise<Duplex> {
    const connection = await this.#line.connection();
    this.#roundTrips++;
    return connection.tunnel(host, port);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
    await this.#line.close();
  }

  /** One at a time a lane. Work that lost its connection is done again with a new one; it knows what to repeat. */
  async #exchange<T>(lane: LaneName, work: (agent: Agent) => Promise<T>): Promise<T> {
    const before = this.#queues.get(lane);
    const known = this.#gone;
    this.#busy.set(lane, (this.#busy.get(lane) ?? 0) + 1);
    const turn = (async () => {
      await before?.catch(() => undefined);
      // Given up while this one waited: not tried for as long once more.
      if (this.#gone && this.#gone !== known) throw this.#gone;
      return this.#persist(lane, work);
    })();
    this.#queues.set(lane, turn);
    const left = () => this.#left(lane);
    turn.then(left, left);
    return turn;
  }

  #left(lane: LaneName): void {
    const others = (this.#busy.get(lane) ?? 1) - 1;
    if (others > 0) this.#busy.set(lane, others);
    else this.#busy.delete(lane);
  }

  async #persist<T>(lane: LaneName, work: (agent: Agent) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        const agent = await this.#agent(lane);
        this.#roundTrips++;
        const result = await work(agent);
        this.#gone = undefined;
        return result;
      } catch (error) {
        if (error instanceof KubewrightError && error.exit === EXIT.connectionLost) this.#gone = error;
        if (!(error instanceof Lost)) throw error;
        if (this.#closed || attempt === RETRIES) {
          this.#gone = connectionLost(this.name, { evidence: error.message, cause: error });
          throw this.#gone;
        }
      }
    }
  }

  async #agent(lane: LaneName): Promise<Agent> {
    if (this.#closed) throw closedError(this.name);
    const known = this.#agents.get(lane);
    if (known?.alive) return known;
    this.#agents.delete(lane);
    // The channel may be gone because the connection is: ask that before opening another one on it.
    const connection = await this.#line.connection(known?.connection);
    const agent = await this.#start(connection, lane);
    this.#agents.set(lane, agent);
    return agent;
  }

  async #start(connection: Connection, lane: LaneName): Promise<Agent> {
    try {
      return await Agent.start(connection, {
        host: this.name,
        run: this.#run,
        lane,
        prefix: this.#options.prefix ?? '',
        patience: this.#options.patience ?? 30,
        sudoPassword: () => {
          this.#password ??= this.#options.sudoPassword?.() ?? Promise.resolve(undefined);
          return this.#password;
        },
        onRoundTrip: () => this.#roundTrips++,
      });
    } catch (error) {
      if (error instanceof KubewrightError) throw error;
      this.#line.drop(connection);
      throw error instanceof Lost ? error : new Lost(String(error));
    }
  }
}

function closedError(host: string): Error {
  return new Error(`the session with ${host} was closed`);
}
