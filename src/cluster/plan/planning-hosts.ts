import type { Answer, Answers, Host, Query } from '../../host/port.ts';
import type { ClusterPorts } from '../ports.ts';

/** The same ports for making a plan: hosts can be looked at and not be changed, and say each thing once. */
export function planningHosts(ports: ClusterPorts): ClusterPorts {
  const opened = new Map<string, Promise<Host>>();
  return {
    ...ports,
    openHost: (target) => {
      const host = opened.get(target) ?? ports.openHost(target).then((real) => new PlanningHost(real));
      opened.set(target, host);
      return host;
    },
  };
}

/** While a plan is made a host stands still: what it answered once is true of all of the plan. */
class PlanningHost implements Host {
  readonly #host: Host;
  readonly #answers = new Map<string, Promise<Answer>>();

  constructor(host: Host) {
    this.#host = host;
  }

  get name() {
    return this.#host.name;
  }
  get address() {
    return this.#host.address;
  }
  get roundTrips() {
    return this.#host.roundTrips;
  }

  async inspect<const Q extends readonly Query[]>(queries: Q): Promise<Answers<Q>> {
    const fresh = new Map(queries.map((query) => [keyOf(query), query] as const));
    for (const key of this.#answers.keys()) fresh.delete(key);
    if (fresh.size > 0) {
      const batch: Promise<readonly Answer[]> = this.#host.inspect([...fresh.values()]);
      for (const [index, key] of [...fresh.keys()].entries())
        this.#answers.set(
          key,
          batch.then((answers) => answers[index]!),
        );
    }
    return (await Promise.all(queries.map((query) => this.#answers.get(keyOf(query))))) as Answers<Q>;
  }

  apply(): never {
    throw new Error(`a plan would change ${this.name}`);
  }
  lock(): never {
    throw new Error(`a plan would lock ${this.name}`);
  }
  unlock(): never {
    throw new Error(`a plan would unlock ${this.name}`);
  }
  tunnel(host: string, port: number) {
    return this.#host.tunnel(host, port);
  }
  close() {
    return this.#host.close();
  }
}

function keyOf(query: Query): string {
  return JSON.stringify(query);
}
