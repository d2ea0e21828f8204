import type { Timeline } from '../engine/timeline.ts';
import type { ApiClient } from '../kube/port.ts';
import { spreadBalancers } from './balancers.ts';
import { tellControlPlanes } from './other-control-planes.ts';
import type { ClusterPorts } from './ports.ts';
import { spreadRoutes } from './routes.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';

interface Change {
  /** Hosts that joined: those that are control planes know the others from their own record. */
  joined?: readonly NodeSpec[];
  /** Hosts that left. */
  gone?: readonly NodeSpec[];
  timeline: Timeline;
}

/** What the hosts of the cluster have to know of those that came or went. `spec`: as the cluster is now. */
export async function tellOthers(
  ports: ClusterPorts,
  api: ApiClient,
  spec: ClusterSpec,
  { joined = [], gone = [], timeline }: Change,
): Promise<void> {
  if (spec.networking.cni === 'bridge') await spreadRoutes(ports, spec, api, timeline);
  if (![...joined, ...gone].some(({ role }) => role === 'control-plane')) return;
  await Promise.all([tellControlPlanes(ports, spec, joined), spreadBalancers(ports, spec, timeline)]);
}
