import type { Duplex } from 'node:stream';
import { sleep } from '../../base/wait.ts';
import type { Channel, Connection } from '../connection.ts';
import { type Peer, sessionRefused } from './errors.ts';
import { MAX_SESSIONS, type Route, SessionLimit } from './session-link.ts';

/** sshd counts a session for a moment longer than its channel lives: the next one may come too early. */
const AFTERMATH_MS = [5, 20, 100, 500];

interface Details {
  config: Peer;
  user: string;
  /** One more connection to the same host. */
  another(): Promise<Route>;
}

/**
 * A connection to one host. Sessions beyond eight wait for their turn. Where the server allows fewer on one SSH
 * connection (MaxSessions), more connections are opened beside the first.
 */
export class SshConnection implements Connection {
  readonly address: string;
  readonly user: string;
  readonly closed: Promise<Error | undefined>;
  readonly #details: Details;
  readonly #first: Route;
  #routes: Route[];
  #opening: Promise<void> | undefined;
  #waiting: (() => void)[] = [];

  constructor(first: Route, details: Details) {
    this.#first = first;
    this.#routes = [first];
    this.#details = details;
    this.address = first.address;
    this.user = details.user;
    this.closed = first.link.closed;
    this.closed.then(() => this.#wakeAll());
  }

  async exec(command: string): Promise<Channel> {
    for (let refusals = 0; ; ) {
      const { link } = await this.#reserve();
      const release = () => {
        link.sessions--;
        this.#waiting.shift()?.();
      };
      try {
        return await link.session(command, release);
      } catch (error) {
        release();
        if (!(error instanceof SessionLimit)) throw error;
        const pause = link.sessions === 0 ? AFTERMATH_MS[refusals++] : 0;
        if (pause === undefined) throw sessionRefused(this.#details.config, error);
        link.limit = Math.max(1, Math.min(link.limit, link.sessions));
        await sleep(pause);
      }
    }
  }

  tunnel(host: string, port: number): Promise<Duplex> {
    return this.#first.link.tunnel(host, port);
  }

  async close(): Promise<void> {
    const routes = this.#routes;
    this.#routes = [this.#first];
    await Promise.all(routes.map((route) => route.end()));
  }

  /** The count goes up here, before anyone else can look at it. */
  async #reserve(): Promise<Route> {
    for (;;) {
      if (!this.#first.link.alive) throw new Error('the connection is closed', { cause: await this.closed });
      const open = this.#routes.reduce((sum, { link }) => sum + link.sessions, 0);
      const free = this.#routes.find(({ link }) => link.alive && link.sessions < link.limit);
      if (open < MAX_SESSIONS && free) {
        free.link.sessions++;
        return free;
      }
      if (open < MAX_SESSIONS) await this.#openAnother();
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #openAnother(): Promise<void> {
    this.#opening ??= this.#details
      .another()
      .then((route) => this.#add(route))
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }

  async #add(route: Route): Promise<void> {
    if (!this.#first.link.alive) return route.end();
    route.link.limit = Math.max(1, this.#first.link.limit);
    this.#routes.push(route);
    route.link.closed.then(() => {
      this.#routes = this.#routes.filter((known) => known !== route);
    });
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
    for (const route of this.#routes) if (route !== this.#first) void route.end();
  }
}
