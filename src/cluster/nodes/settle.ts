import { Timeline } from '../../engine/timeline.ts';
import type { ApiClient } from '../../kube/port.ts';
import { spreadBalancers } from '../balancers.ts';
import { tellControlPlanes } from '../other-control-planes.ts';
import type { ClusterPorts } from '../ports.ts';
import { requireRecord } from '../record.ts';
import { spreadRoutes } from '../routes.ts';
import type { NodeSpec } from '../spec/types.ts';

/** What those that stay have to know when these have left. */
export async function settleWithout(
  ports: ClusterPorts,
  api: ApiClient,
  gone: readonly NodeSpec[],
): Promise<void> {
  const known = await requireRecord(api);
  const spec = {
    ...known,
    hosts: known.hosts.filter(({ name }) => !gone.some((node) => node.name === name)),
  };
  const timeline = new Timeline();
  if (spec.networking.cni === 'bridge') await spreadRoutes(ports, spec, api, timeline);
  if (!gone.some(({ role }) => role === 'control-plane')) return;
  await Promise.all([tellControlPlanes(ports, spec, []), spreadBalancers(ports, spec, timeline)]);
}
