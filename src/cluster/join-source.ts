import { KubewrightError } from '../base/errors.ts';
import type { Host } from '../host/port.ts';
import type { ApiClient } from '../kube/port.ts';
import { mintedToken } from './bootstrap-token.ts';
import type { ClusterToJoin } from './context.ts';
import { clusterByTicket } from './discovery/cluster.ts';
import { type JoinTicket, requireTicket } from './discovery/ticket.ts';
import { knownCluster } from './known-cluster.ts';
import type { ClusterPorts } from './ports.ts';
import type { ClusterAccess } from './record.ts';
import type { ClusterSpec } from './spec/types.ts';

/** Administrator's access to the cluster, or no more than a bootstrap token and the address of an API server. */
export type JoinAccess = ClusterAccess | JoinTicket;

export interface JoinSource {
  cluster(host: Host): Promise<ClusterToJoin>;
  /** Absent where each host finds it out by itself. */
  spec?: ClusterSpec;
  /** Absent where nobody here may write the record. */
  administrator?: ApiClient;
}

/** Fails here, once, where what was given cannot do for any host. */
export async function joinSource(
  ports: ClusterPorts,
  { access, spec }: { access: JoinAccess | undefined; spec?: ClusterSpec | Promise<ClusterSpec> },
): Promise<JoinSource> {
  if (access && 'token' in access) {
    requireTicket(access);
    return { cluster: (host) => clusterByTicket(ports, access, host) };
  }
  if (!access) {
    // Known ahead, hosts can be looked at together; a plan of many waits for it.
    const known = spec instanceof Promise ? undefined : spec;
    return { cluster: async () => planned((await spec)!), ...(known ? { spec: known } : {}) };
  }
  const { api, ca } = access;
  const cluster: ClusterToJoin = {
    spec: (await spec) ?? (await knownCluster(ports, access)),
    recorded: true,
    administrator: true,
    api,
    ca,
    token: mintedToken(async () => api),
  };
  return { cluster: async () => cluster, spec: cluster.spec, administrator: api };
}

/** As it will be; nobody can be asked about it yet. */
function planned(spec: ClusterSpec): ClusterToJoin {
  const token = mintedToken(async () => noClusterYet(spec));
  return { spec, recorded: true, administrator: true, ca: '', token };
}

/** What asks it has its steps stand as undecided in a plan. */
export function noClusterYet(spec: ClusterSpec): never {
  throw new KubewrightError({
    code: 'NoClusterYet',
    message: `The cluster ${spec.name} is not there yet.`,
    hint: 'Its first control plane comes first.',
    exit: 'apiUnreachable',
  });
}
