import { Timeline } from '../../engine/timeline.ts';
import type { ApiClient } from '../../kube/port.ts';
import type { ClusterPorts } from '../ports.ts';
import { requireRecord, withoutHosts } from '../record.ts';
import type { NodeSpec } from '../spec/types.ts';
import { tellOthers } from '../tell-others.ts';

/** What those that stay have to know when these have left. */
export async function settleWithout(
  ports: ClusterPorts,
  api: ApiClient,
  gone: readonly NodeSpec[],
): Promise<void> {
  const spec = withoutHosts(await requireRecord(api), gone);
  await tellOthers(ports, api, spec, { gone, timeline: new Timeline() });
}
