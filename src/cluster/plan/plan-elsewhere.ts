import type { PlanContents } from '../../engine/contents.ts';
import type { Phase } from '../../engine/phase.ts';
import { planPhases } from '../../engine/planner.ts';
import { Timeline } from '../../engine/timeline.ts';
import { eachReachable } from '../each-reachable.ts';
import type { openNode } from '../open-node.ts';
import type { ClusterPorts } from '../ports.ts';
import type { NodeSpec } from '../spec/types.ts';
import type { PlannedHost } from './planned-host.ts';

type Opened = Awaited<ReturnType<typeof openNode>>;

/** What one phase would change on hosts that a run brings up to date beside those that it is about. */
export function planElsewhere<C>(
  ports: ClusterPorts,
  nodes: readonly NodeSpec[],
  phase: Phase<C>,
  contextOf: (node: NodeSpec, opened: Opened) => C,
  contents: PlanContents | undefined,
): Promise<PlannedHost[]> {
  return eachReachable(
    ports,
    nodes,
    async (node, opened) => {
      const context = contextOf(node, opened);
      const common = { host: opened.host, phases: [phase], context, timeline: new Timeline() };
      return { ...(await planPhases({ ...common, contents })), node: node.name, role: node.role };
    },
    ({ name }, why) => `${name} could not be asked about the phase ${phase.name}: ${why}`,
  );
}
