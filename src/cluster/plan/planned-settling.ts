import type { PlanContents } from '../../engine/contents.ts';
import type { PhasePlan, StepPlan } from '../../engine/plan.ts';
import type { KubeObject } from '../../kube/port.ts';
import type { Survey } from '../declared/survey.ts';
import type { ClusterPorts } from '../ports.ts';
import { recordObject, withHosts } from '../record.ts';
import { planRoutes } from '../routes.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { announceSides, labelOf } from '../steps/object-changes.ts';
import type { PlannedHost } from './planned-host.ts';

interface Planned {
  hosts: PlannedHost[];
  /** Those that join, as they would be recorded. */
  planned: readonly NodeSpec[];
  /** The cluster as its seed will have it. */
  spec: ClusterSpec;
  contents?: PlanContents | undefined;
}

/** Adds what is done for the cluster once its hosts have joined: the record of them, and routes between them. */
export async function planSettling(
  ports: ClusterPorts,
  survey: Survey,
  { hosts, planned, spec, contents }: Planned,
): Promise<PlannedHost[]> {
  if (planned.length === 0) return hosts;
  const after = withHosts(survey.live ?? spec, planned);
  const routes =
    spec.networking.cni === 'bridge' ? await planRoutes(ports, after, survey.access, contents) : [];
  const own = hosts.map((host) => {
    const recording = host.node === survey.seed.name ? recordPlan(survey.live, after) : [];
    const routing = routes.find(({ node }) => node === host.node)?.phases ?? [];
    return { ...host, phases: [...host.phases, ...recording, ...routing] };
  });
  // Hosts that are not in the file have routes to those that are.
  return [...own, ...routes.filter(({ node }) => !hosts.some((host) => host.node === node))];
}

function recordPlan(live: ClusterSpec | undefined, after: ClusterSpec): PhasePlan[] {
  const step = recordStep(live && recordObject(live), recordObject(after));
  if (step.status === 'done') return [];
  return [{ phase: 'record-hosts', title: 'Record the hosts in the cluster', steps: [step] }];
}

function recordStep(before: KubeObject | undefined, after: KubeObject): StepPlan {
  const about = { step: 'record', summary: ['record the hosts in the cluster'] };
  if (!before)
    return { ...about, status: 'deferred', summary: ['after the API server: the cluster has no record yet'] };
  const change = announceSides(labelOf(after), before, after);
  if (change.before === change.after) return { ...about, status: 'done' };
  return { ...about, status: 'change', changes: [change] };
}
