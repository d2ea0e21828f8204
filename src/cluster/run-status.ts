import { KubewrightError } from '../base/errors.ts';
import type { ApiClient } from '../kube/port.ts';
import { sharedHosts } from './declared/shared-hosts.ts';
import { mapHosts } from './map-hosts.ts';
import type { NodeObject } from './phases/node-object.ts';
import type { ClusterPorts } from './ports.ts';
import { endpointUrl } from './spec/node.ts';
import type { ClusterSpec } from './spec/types.ts';
import { driftOf } from './status/drift.ts';
import { etcdStatus } from './status/etcd.ts';
import { externalEtcdStatus } from './status/external-etcd.ts';
import { type FoundCluster, findByApi, findByHost } from './status/find.ts';
import { type Probed, probeHost } from './status/probe.ts';
import { noticesOf, problemsOf } from './status/problems.ts';
import { type ClusterStatus, type EtcdStatus, type HostStatus, STATUS_API_VERSION } from './status/types.ts';

export interface StatusRequest {
  /** The user's API server, or a control plane of the cluster. */
  through: { api: ApiClient } | { via: string };
  /** Also counts what a plan would change. */
  drift: boolean;
}

/** Looks at the cluster and at all of its hosts, side by side, and changes nothing. */
export async function clusterStatus(given: ClusterPorts, request: StatusRequest): Promise<ClusterStatus> {
  const ports = sharedHosts(given);
  const { through } = request;
  const found = await ('via' in through ? findByHost(ports, through.via) : findByApi(through.api));
  const { spec } = found;
  const probed = await mapHosts(spec.hosts, (node) => probeHost(ports, spec, node));
  const reached = probed.filter(({ status }) => status.reachable).map(({ node }) => node);
  const [etcd, nodes, drift] = await Promise.all([
    etcdOf(spec, probed),
    nodesOf(found, probed),
    request.drift ? driftOf(ports, spec, reached) : { steps: new Map<string, number>(), reasons: [] },
  ]);
  const hosts = probed.map(({ status }): HostStatus => {
    const node = nodes && (nodes.get(status.name) ?? NO_NODE);
    const steps = drift.steps.get(status.name);
    return { ...status, ...(node ? { node } : {}), ...(steps === undefined ? {} : { drift: steps }) };
  });
  const seen = { hosts, etcd, recordFrom: found.from };
  const problems = problemsOf(seen);
  return {
    apiVersion: STATUS_API_VERSION,
    kind: 'ClusterStatus',
    cluster: spec.name,
    kubernetesVersion: spec.kubernetesVersion,
    endpoint: endpointUrl(spec),
    healthy: problems.length === 0,
    problems,
    notices: noticesOf(seen, drift.reasons),
    ...seen,
  };
}

function etcdOf({ etcd, hosts }: ClusterSpec, probed: readonly Probed[]): Promise<EtcdStatus> {
  const ways = probed.flatMap((each) => (each.etcd ? [each.etcd] : []));
  if (etcd.external) return externalEtcdStatus(ways);
  return etcdStatus(
    ways.flat().map((way) => way.etcd),
    hosts,
  );
}

type NodeStatus = NonNullable<HostStatus['node']>;

const NO_NODE: NodeStatus = { ready: false, reason: 'the API server has no such Node', schedulable: true };

/** What the first API server that answers says of the Nodes; undefined where none does. */
async function nodesOf(
  { api }: FoundCluster,
  probed: readonly Probed[],
): Promise<Map<string, NodeStatus> | undefined> {
  for (const client of [api, ...probed.map((each) => each.api)]) {
    if (!client) continue;
    try {
      const { body } = await client.request<{ items: NodeObject[] }>({ path: '/api/v1/nodes' });
      return new Map(body.items.map((node) => [node.metadata.name!, nodeStatus(node)]));
    } catch (error) {
      if (!(error instanceof KubewrightError)) throw error;
    }
  }
  return undefined;
}

function nodeStatus({ spec, status }: NodeObject): NodeStatus {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  const ready = condition?.status === 'True';
  const why = condition?.message ?? condition?.reason;
  return { ready, schedulable: !spec?.unschedulable, ...(ready || !why ? {} : { reason: why }) };
}
