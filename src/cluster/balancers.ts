import type { PlanContents } from '../engine/contents.ts';
import type { Phase } from '../engine/phase.ts';
import { runPhases } from '../engine/runner.ts';
import type { Timeline } from '../engine/timeline.ts';
import { eachReachable } from './each-reachable.ts';
import { hostsBlock } from './manifests/hosts-file.ts';
import { balancerSteps } from './phases/balancer.ts';
import { planElsewhere } from './plan/plan-elsewhere.ts';
import type { PlannedHost } from './plan/planned-host.ts';
import type { ClusterPorts } from './ports.ts';
import { hasNodeBalancer } from './spec/node.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';
import { blockStep } from './steps/block.ts';

interface BalancerContext {
  spec: ClusterSpec;
  node: NodeSpec;
}

const balancersPhase: Phase<BalancerContext> = {
  name: 'balancers',
  title: 'Tell the balancer of the API servers',
  after: [],
  steps: ({ spec, node }) => [
    blockStep('hosts', '/etc/hosts', hostsBlock(spec, node)),
    ...balancerSteps(spec, node),
  ],
};

/** What that would change. */
export async function planBalancers(
  ports: ClusterPorts,
  spec: ClusterSpec,
  contents: PlanContents | undefined,
): Promise<PlannedHost[]> {
  if (!hasNodeBalancer(spec)) return [];
  return planElsewhere(ports, workersOf(spec), balancersPhase, (node) => ({ spec, node }), contents);
}

function workersOf({ hosts }: ClusterSpec): NodeSpec[] {
  return hosts.filter(({ role }) => role === 'worker');
}

/**
 * After control planes have come or gone: every worker's balancer is told. A worker that does not answer is named; it
 * goes on with the API servers that it knows, until it is joined again.
 */
export async function spreadBalancers(
  ports: ClusterPorts,
  spec: ClusterSpec,
  timeline: Timeline,
): Promise<void> {
  if (!hasNodeBalancer(spec)) return;
  const { reporter, signal, guard } = ports;
  await eachReachable(
    ports,
    workersOf(spec),
    (node, { host }) => {
      const context = { spec, node };
      return runPhases({ host, phases: [balancersPhase], context, reporter, signal, guard, timeline });
    },
    ({ name, target = name }, why) =>
      `${name} was not told which API servers there are: ${why} Next: kubewright join ${target}`,
  );
}
