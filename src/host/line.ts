import { KubewrightError, messageOf } from '../base/errors.ts';
import { sleep } from '../base/wait.ts';
import type { Connection } from './connection.ts';
import { connectionLost } from './failure.ts';

const PAUSES_MS = [100, 1000, 3000];
const PATIENCE_MS = 20_000;

/** Keeps one connection to a host, and makes it again when it was lost: three tries, 20 seconds in all. */
export class Line {
  readonly #host: string;
  readonly #connect: () => Promise<Connection>;
  #current: Promise<Connection> | undefined;
  #made = false;

  constructor(host: string, connect: () => Promise<Connection>) {
    this.#host = host;
    this.#connect = connect;
  }

  /** `suspect`: a connection on which something just ended; given a moment to say that it is gone. */
  async connection(suspect?: Connection): Promise<Connection> {
    if (suspect) {
      const gone = await Promise.race([suspect.closed.then(() => true), sleep(300).then(() => false)]);
      if (gone) this.drop(suspect);
    }
    this.#current ??= this.#open();
    return this.#current;
  }

  /** Of no more use; the next one who asks gets a new one. */
  drop(connection: Connection): void {
    connection.close().catch(() => undefined);
    const current = this.#current;
    current?.then(
      (known) => {
        if (known === connection && this.#current === current) this.#current = undefined;
      },
      () => undefined,
    );
  }

  async close(): Promise<void> {
    const connection = await this.#current?.catch(() => undefined);
    await connection?.close();
  }

  async #open(): Promise<Connection> {
    try {
      const connection = this.#made ? await this.#again() : await this.#connect();
      this.#made = true;
      connection.closed.then(() => this.drop(connection));
      return connection;
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }

  async #again(): Promise<Connection> {
    const end = performance.now() + PATIENCE_MS;
    let last: unknown;
    for (const pause of PAUSES_MS) {
      await sleep(pause);
      try {
        return await this.#within(end - performance.now());
      } catch (error) {
        // A changed host key or a refused login does not get better by asking again.
        if (error instanceof KubewrightError && error.code !== 'HostUnreachable') throw error;
        last = error;
      }
      if (performance.now() > end) break;
    }
    const evidence = messageOf(last);
    throw connectionLost(this.#host, { evidence, cause: last });
  }

  async #within(milliseconds: number): Promise<Connection> {
    const stop = new AbortController();
    const dialled = this.#connect();
    try {
      const late = sleep(Math.max(0, milliseconds), stop.signal);
      const connection = await Promise.race([dialled, late]);
      if (connection) return connection;
      dialled.then((unwanted) => unwanted.close()).catch(() => undefined);
      throw new Error('no answer in time');
    } finally {
      // The loser of the race is told to stop; nobody listens to it any more.
      stop.abort();
    }
  }
}
