/** Readers that one host serves at once: each new host that has an artifact can bring it to so many more. */
const READERS = 4;
/** Failures in a row after which a host counts as one that nobody can fetch from, or that cannot fetch. */
const STRIKES = 3;

/** How one host is to get one artifact. Ends with exactly one `arrived` or `failed`. */
export interface Way {
  artifact: string;
  client: string;
  /** The host that it is fetched from; absent: it is sent from here. */
  server?: string;
}

interface Waiting {
  artifact: string;
  client: string;
  go: (way: Way) => void;
}

/**
 * Who gets which artifact from whom. The first host gets it from here; who comes meanwhile waits for that, and then
 * fetches from a host that has it. Every host that has it serves, a few at a time, so that it spreads as a tree. Pure
 * bookkeeping: hosts go by name, artifacts by sha256, which is another one for each architecture.
 */
export class Spread {
  readonly #holders = new Map<string, Set<string>>();
  readonly #coming = new Set<Way>();
  readonly #blocked = new Set<string>();
  readonly #strikes = new Map<string, number>();
  #waiting: Waiting[] = [];

  /** Resolves when there is a way; waits only while another host is on its way to the artifact, or a server is busy. */
  async way(artifact: string, client: string, signal: AbortSignal): Promise<Way> {
    signal.throwIfAborted();
    const found = this.#choose(artifact, client);
    if (found) return found;
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(signal.reason);
      };
      const go = (way: Way) => {
        signal.removeEventListener('abort', abort);
        resolve(way);
      };
      const waiting = { artifact, client, go };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** For a host that cannot fetch: others may still wait for it. */
  upload(artifact: string, client: string): Way {
    return this.#begin({ artifact, client });
  }

  /** `serves`: others can fetch it there from now on. */
  arrived(way: Way, serves: boolean): void {
    this.#coming.delete(way);
    if (way.server !== undefined) this.#forgive(way.server, way.client);
    if (serves) this.#holdersOf(way.artifact).add(way.client);
    this.#wake();
  }

  /**
   * `damaged`: what the server gave was not the artifact; nobody gets that from there any more. Says whether this pair
   * of hosts fails for the first time: several attempts of theirs may have been under way.
   */
  failed(way: Way, { damaged = false } = {}): boolean {
    this.#coming.delete(way);
    const fresh = way.server !== undefined && !this.#blocked.has(pair(way.server, way.client));
    if (way.server !== undefined) {
      this.#blocked.add(pair(way.server, way.client));
      if (damaged) this.#holdersOf(way.artifact).delete(way.server);
      else if (fresh) this.#strike(way.server, way.client);
    }
    this.#wake();
    return fresh;
  }

  #choose(artifact: string, client: string): Way | undefined {
    const holders = [...this.#holdersOf(artifact)].filter((host) => this.#reaches(client, host));
    const [server] = holders.toSorted((a, b) => this.#readersOf(a) - this.#readersOf(b));
    if (server !== undefined && this.#readersOf(server) < READERS)
      return this.#begin({ artifact, client, server });
    const others = [...this.#coming].some(
      (way) => way.artifact === artifact && this.#reaches(client, way.client),
    );
    return server !== undefined || others ? undefined : this.#begin({ artifact, client });
  }

  #begin(way: Way): Way {
    this.#coming.add(way);
    return way;
  }

  #reaches(client: string, server: string): boolean {
    return (
      client !== server &&
      !this.#blocked.has(pair(server, client)) &&
      this.#strikesOf(`${server} serves`) < STRIKES &&
      this.#strikesOf(`${client} fetches`) < STRIKES
    );
  }

  #readersOf(server: string): number {
    return [...this.#coming].filter((way) => way.server === server).length;
  }

  #holdersOf(artifact: string): Set<string> {
    const holders = this.#holders.get(artifact) ?? new Set();
    this.#holders.set(artifact, holders);
    return holders;
  }

  #strikesOf(role: string): number {
    return this.#strikes.get(role) ?? 0;
  }

  #strike(server: string, client: string): void {
    for (const role of [`${server} serves`, `${client} fetches`])
      this.#strikes.set(role, this.#strikesOf(role) + 1);
  }

  #forgive(server: string, client: string): void {
    for (const role of [`${server} serves`, `${client} fetches`]) this.#strikes.delete(role);
  }

  #wake(): void {
    for (const waiting of [...this.#waiting]) {
      const way = this.#choose(waiting.artifact, waiting.client);
      if (!way) continue;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      waiting.go(way);
    }
  }
}

function pair(server: string, client: string): string {
  return `${server}\n${client}`;
}
