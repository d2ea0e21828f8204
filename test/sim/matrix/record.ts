import { existsSync, readFileSync } from 'node:fs';
import type { ApplyOptions, Host, Operation, OperationResult } from '../../../src/host/port.ts';
import { withKillPoints } from '../../../src/kube/kill-points.ts';
import type { ApiClient, ApiRequest } from '../../../src/kube/port.ts';
import { startRun } from '../world/run.ts';
import type { Snapshot, World } from '../world/world.ts';
import type { Changes, Flow } from './flow.ts';

/** One mutating operation of a run, and the whole world as it was right before. */
export interface KillPoint {
  /** `cp1 certs/pki/1`, `api/PUT /api/v1/nodes/w1` */
  id: string;
  before: Snapshot;
  act:
    | { kind: 'operation'; host: string; operation: Operation; options: ApplyOptions }
    | { kind: 'request'; server: string; request: ApiRequest; tls: Credentials };
}

interface Credentials {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
}

export interface Recording {
  points: readonly KillPoint[];
  /** The same operations as the hosts' journals and the servers themselves counted them. */
  counted: number;
  /** After the last one. */
  end: Snapshot;
  changes: Changes;
}

/** Carries the command out one operation at a time, and keeps what was there before each of them. */
export async function record(world: World, flow: Flow): Promise<Recording> {
  const points: KillPoint[] = [];
  let counted = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const alone = <T>(point: Omit<KillPoint, 'before'>, work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(async () => {
      points.push({ ...point, before: await world.snapshot() });
      const already = countedIn(world);
      try {
        return await work();
      } finally {
        counted += countedIn(world) - already;
      }
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
  await using run = startRun(world, {
    host: (host) => oneByOne(host, alone),
    api: (client, tls) => watched(client, tls, alone),
  });
  const changes = await flow.run(world, run.ports);
  return { points, counted, changes, end: await world.snapshot() };
}

/** What hosts have journalled, those operations aside that one began by itself, and what servers were asked to change. */
function countedIn({ hosts, side }: World): number {
  const journals = [...hosts.values()].map((host) => host.at('/var/lib/kubewright/journal'));
  const lines = journals.flatMap((path) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []));
  const begun = lines.filter((line) => line.startsWith('begin\t') && !line.split('\t')[2]!.includes('^'));
  return begun.length + side.changes;
}

type Alone = <T>(point: Omit<KillPoint, 'before'>, work: () => Promise<T>) => Promise<T>;

function oneByOne(host: Host, alone: Alone): Host {
  const apply = async (
    batch: readonly Operation[],
    options: ApplyOptions = {},
  ): Promise<OperationResult[]> => {
    const results: OperationResult[] = [];
    for (const operation of batch) {
      const { lane, epoch } = options;
      const kept = { ...(lane ? { lane } : {}), ...(epoch === undefined ? {} : { epoch }) };
      const act = { kind: 'operation' as const, host: host.name, operation, options: kept };
      const point = { id: `${host.name} ${operation.id}`, act };
      results.push(...(await alone(point, () => host.apply([operation], options))));
    }
    return results;
  };
  return {
    name: host.name,
    address: host.address,
    inspect: (queries) => host.inspect(queries),
    apply,
    lock: (request) => host.lock(request),
    unlock: (epoch, options) => host.unlock(epoch, options),
    tunnel: (to, port) => host.tunnel(to, port),
    get roundTrips() {
      return host.roundTrips;
    },
    close: () => host.close(),
  };
}

/** The same rule as in the product says which requests change something. */
function watched(client: ApiClient, tls: Credentials, alone: Alone): ApiClient {
  const { server } = client;
  const numbers = new Map<string, number>();
  let id = '';
  const inner: ApiClient = {
    ...client,
    server,
    request: <T>(request: ApiRequest) => {
      if (id === '') return client.request<T>(request);
      const point = { id, act: { kind: 'request' as const, server, request, tls } };
      id = '';
      return alone(point, () => client.request<T>(request));
    },
  };
  return withKillPoints(inner, {
    number: (base) => {
      const turn = (numbers.get(base) ?? 0) + 1;
      numbers.set(base, turn);
      return turn === 1 ? base : `${base}#${turn}`;
    },
    due: () => false,
    // Called right before the request that it is about, in the same turn.
    sent: (sent) => {
      id = sent;
    },
    strike: async () => undefined,
  });
}
