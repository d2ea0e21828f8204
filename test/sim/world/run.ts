import type { Duplex } from 'node:stream';
import { KubewrightError } from '../../../src/base/errors.ts';
import type { ClusterPorts } from '../../../src/cluster/ports.ts';
import type { Connection } from '../../../src/host/connection.ts';
import { type Fault, FaultHook } from '../../../src/host/fault.ts';
import type { Host } from '../../../src/host/port.ts';
import { openHost } from '../../../src/host/session.ts';
import { connectSsh } from '../../../src/host/ssh/connect.ts';
import { createApiClient } from '../../../src/kube/client.ts';
import { withKillPoints } from '../../../src/kube/kill-points.ts';
import type { ApiClient, ApiEndpoint } from '../../../src/kube/port.ts';
import { type Reporter, silent } from '../../../src/output/events.ts';
import { clusterPorts } from '../../fakes/cluster-ports.ts';
import type { SimHost } from './sim-host.ts';
import type { World } from './world.ts';

type Place = Pick<SimHost, 'name' | 'address' | 'loopback' | 'port'>;

/** What a run has to know of a world. */
export interface Reachable extends Pick<World, 'binaries' | 'images'> {
  hosts: ReadonlyMap<string, Place>;
  laptop: Pick<World['laptop'], 'options'>;
}

/** One run of kubewright against a world, over SSH of its own. */
export interface Run extends AsyncDisposable {
  ports: ClusterPorts;
  /** All of its connections are cut at once, and it makes no new one: what hosts see of a kill -9. */
  kill(): void;
  /** Ctrl-C. */
  interrupt(): void;
  /** A connection of this run's; a fault on it is the end of the whole run. */
  connect(target: string): Promise<Connection>;
}

export interface RunOptions {
  /** As KUBEWRIGHT_FAULT and KUBEWRIGHT_FAULT_LIST have it, for operations and requests. */
  fault?: Fault | undefined;
  reporter?: Reporter;
  /** Around what the workflows use of a host, and of an API server. */
  host?(host: Host): Host;
  api?(client: ApiClient, tls: ApiEndpoint['tls']): ApiClient;
}

export function startRun(world: Reachable, options: RunOptions = {}): Run {
  const opened: { close(): Promise<void> }[] = [];
  const connections = new Set<Connection>();
  const stop = new AbortController();
  const requests = options.fault && new FaultHook(options.fault);
  const kill = () => {
    stop.abort(killed());
    for (const connection of connections) void connection.close();
  };
  const connect = async (host: Place): Promise<Connection> => {
    if (stop.signal.aborted) throw killed();
    const { loopback, port } = host;
    const connection = await connectSsh(`root@${loopback}:${port}`, world.laptop.options());
    if (stop.signal.aborted) void connection.close();
    connections.add(connection);
    return throughHost(connection, host, world, kill);
  };
  const ports = clusterPorts(
    async (target) => {
      const known = hostOf(world, target);
      const host = await openHost(target, () => connect(known), { fault: options.fault });
      opened.push(host);
      return options.host?.(host) ?? host;
    },
    {
      apiClient: (endpoint) => {
        const client = createApiClient(endpoint, { env: {} });
        opened.push(client);
        const watched = requests ? withKillPoints(client, requests) : client;
        return options.api?.(watched, endpoint.tls) ?? watched;
      },
      artifacts: async (choice) => ({
        choice,
        store: {
          hostFiles: async () => world.binaries,
          images: async (_arch, _version, names) => (names ? [] : world.images),
        },
      }),
      reporter: options.reporter ?? silent,
      signal: stop.signal,
      now: () => new Date(),
    },
  );
  return {
    ports,
    kill,
    interrupt: () =>
      stop.abort(new KubewrightError({ code: 'Interrupted', message: 'Ctrl-C', exit: 'interrupted' })),
    connect: (target) => connect(hostOf(world, target)),
    [Symbol.asyncDispose]: async () => {
      for (const each of opened.toReversed()) await each.close().catch(() => undefined);
    },
  };
}

function hostOf(world: Reachable, target: string): Place {
  const found = [...world.hosts.values()].find(({ name, address }) => [name, address].includes(target));
  if (!found) throw new Error(`there is no host ${target}`);
  return found;
}

/** What hosts call an address is one of the machine's many of loopback; a host's own loopback is one of them too. */
function throughHost(connection: Connection, host: Place, world: Reachable, kill: () => void): Connection {
  return {
    address: host.address,
    user: connection.user,
    closed: connection.closed,
    exec: (command) => connection.exec(command),
    close: () => connection.close(),
    fault: kill,
    tunnel: (to, port): Promise<Duplex> => {
      const end = to === '127.0.0.1' ? host : hostOf(world, to);
      return connection.tunnel(end.loopback, port);
    },
  };
}

function killed(): KubewrightError {
  return new KubewrightError({ code: 'Killed', message: 'the run was killed', exit: 'interrupted' });
}
