import { PlanGuard } from '../../engine/guard.ts';
import { sharedHosts } from '../declared/shared-hosts.ts';
import type { ClusterPorts } from '../ports.ts';
import { applyCluster, type ClusterRequest } from '../run-cluster.ts';
import { refuseMoved } from './compare.ts';
import { type PlanDocument, planDocument } from './document.ts';
import { planCluster, planContents } from './plan-cluster.ts';
import { otherCluster } from './read.ts';
import { undone } from './undone.ts';

/**
 * Carries out a saved plan: makes it anew, refuses where the world moved, and then lets nothing happen that it has
 * not, each file on the condition that it is what the plan found.
 */
export async function applyPlan(
  given: ClusterPorts,
  saved: PlanDocument,
  source: string,
  request: ClusterRequest,
): ReturnType<typeof applyCluster> {
  const ports = sharedHosts(given);
  const { hosts } = await planAgain(ports, saved, source, request);
  return applyCluster({ ...ports, guard: new PlanGuard(hosts) }, request);
}

/** What of a saved plan is left to do; throws where it cannot be carried out. Nothing is changed. */
export async function planAgain(
  given: ClusterPorts,
  saved: PlanDocument,
  source: string,
  request: ClusterRequest,
): ReturnType<typeof planCluster> {
  const ports = sharedHosts(given);
  const plan = await planCluster(ports, { ...request, contents: true });
  const [failure] = plan.failures;
  if (failure) throw failure.error;
  const { kubewright, declaration } = saved;
  const now = planDocument(plan, { kubewright, created: given.now(), declaration });
  if (saved.identity && now.identity && saved.identity !== now.identity)
    throw otherCluster(source, saved, now.identity);
  refuseMoved(saved, now, await undone(ports, saved, now, planContents));
  return plan;
}
