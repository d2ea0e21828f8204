import type { PlanContents } from '../engine/contents.ts';
import type { Timeline } from '../engine/timeline.ts';
import type { ApiClient } from '../kube/port.ts';
import { planBalancers, spreadBalancers } from './balancers.ts';
import { planTelling, tellControlPlanes } from './other-control-planes.ts';
import type { PlannedHost } from './plan/planned-host.ts';
import type { ClusterPorts } from './ports.ts';
import type { ClusterAccess } from './record.ts';
import { planRoutes, spreadRoutes } from './routes.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';

interface Change {
  /** Hosts that joined: those that are control planes know the others from their own record. */
  joined?: readonly NodeSpec[];
  /** Hosts that left. */
  gone?: readonly NodeSpec[];
}

/** What the hosts of the cluster have to know of those that came or went. `spec`: as the cluster is now. */
export async function tellOthers(
  ports: ClusterPorts,
  api: ApiClient,
  spec: ClusterSpec,
  { joined = [], timeline, ...change }: Change & { timeline: Timeline },
): Promise<void> {
  if (isRouted(spec)) await spreadRoutes(ports, spec, api, timeline);
  if (!ofControlPlanes({ joined, ...change })) return;
  await Promise.all([tellControlPlanes(ports, spec, joined), spreadBalancers(ports, spec, timeline)]);
}

/** What that would change. */
export async function planTellingOthers(
  ports: ClusterPorts,
  spec: ClusterSpec,
  { joined = [], access, contents, ...change }: Change & PlanOf,
): Promise<PlannedHost[]> {
  const spread = ofControlPlanes({ joined, ...change });
  const planned = await Promise.all([
    isRouted(spec) ? planRoutes(ports, spec, { access, contents, gone: change.gone }) : [],
    spread ? planTelling(ports, spec, joined, contents) : [],
    spread ? planBalancers(ports, spec, contents) : [],
  ]);
  return planned.flat();
}

interface PlanOf {
  access: ClusterAccess | undefined;
  contents: PlanContents | undefined;
}

function isRouted({ networking }: ClusterSpec): boolean {
  return networking.cni === 'bridge';
}

function ofControlPlanes({ joined = [], gone = [] }: Change): boolean {
  return [...joined, ...gone].some(({ role }) => role === 'control-plane');
}
