import { KubewrightError, messageOf } from '../../base/errors.ts';
import { pendingSteps } from '../../engine/plan.ts';
import { silent } from '../../output/events.ts';
import { planCluster } from '../plan/plan-cluster.ts';
import type { ClusterPorts } from '../ports.ts';
import { fromDocument, toDocument } from '../spec/document.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';

export interface Drift {
  /** By name of the host: how many steps of a plan would change something. */
  steps: ReadonlyMap<string, number>;
  /** Why it cannot be told of some, or of all. */
  reasons: string[];
}

/** What `apply` of the record would change on these hosts: the same plan, counted. */
export async function driftOf(
  ports: ClusterPorts,
  spec: ClusterSpec,
  hosts: readonly NodeSpec[],
): Promise<Drift> {
  if (!hosts.some(({ role }) => role === 'control-plane'))
    return { steps: new Map(), reasons: ['drift is not known: no control plane was reached'] };
  const recorded = { ...spec, hosts: [...hosts] };
  try {
    const plan = await planCluster(
      { ...ports, reporter: silent },
      { spec: fromDocument(toDocument(recorded)), pruneHosts: false },
    );
    const reasons = plan.failures.map(
      ({ target, error }) => `drift of ${target} is not known: ${messageOf(error)}`,
    );
    return { steps: new Map(plan.hosts.map((host) => [host.node, pendingSteps(host)])), reasons };
  } catch (error) {
    ports.signal.throwIfAborted();
    if (!(error instanceof KubewrightError)) throw error;
    return { steps: new Map(), reasons: [`drift is not known: ${error.message}`] };
  }
}
