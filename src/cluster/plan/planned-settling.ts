import type { PlanContents } from '../../engine/contents.ts';
import type { PhasePlan, StepPlan } from '../../engine/plan.ts';
import type { KubeObject } from '../../kube/port.ts';
import type { Survey } from '../declared/survey.ts';
import type { ClusterPorts } from '../ports.ts';
import { recordObject, withHosts, withHostsOf, withoutHosts } from '../record.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { announceSides, labelOf } from '../steps/object-changes.ts';
import { planTellingOthers } from '../tell-others.ts';
import type { PlannedHost } from './planned-host.ts';

interface Planned {
  hosts: PlannedHost[];
  /** Those that join, as they would be recorded. */
  planned: readonly NodeSpec[];
  /** Those that are removed, when all that join have joined. */
  leaving: readonly NodeSpec[];
  /** The cluster as its seed will have it. */
  spec: ClusterSpec;
  contents?: PlanContents | undefined;
}

/** Adds what is done for the cluster once its hosts have joined or left: their record, routes, and who is told of whom. */
export async function planSettling(
  ports: ClusterPorts,
  survey: Survey,
  { hosts, planned, leaving, spec, contents }: Planned,
): Promise<PlannedHost[]> {
  if (planned.length + leaving.length === 0) return hosts;
  const joined = withHosts(withHostsOf(spec, survey.live), planned);
  const left = withoutHosts(joined, leaving);
  const common = { access: survey.access, contents };
  const elsewhere = await Promise.all([
    planned.length > 0 ? planTellingOthers(ports, joined, { ...common, joined: planned }) : [],
    leaving.length > 0 ? planTellingOthers(ports, left, { ...common, gone: leaving }) : [],
  ]);
  const seed = hosts.find(({ node }) => node === survey.seed.name)!;
  return merged(hosts, [{ ...seed, phases: recordPlan(survey.live, left) }, ...elsewhere.flat()]);
}

/** Hosts that are not in the file are told, too, of those that are. */
function merged(hosts: readonly PlannedHost[], more: readonly PlannedHost[]): PlannedHost[] {
  const all = hosts.map((host) => ({ ...host, phases: [...host.phases] }));
  for (const { phases, ...host } of more) {
    const known = all.find(({ node }) => node === host.node);
    if (known) known.phases.push(...phases);
    else all.push({ ...host, phases: [...phases] });
  }
  return all;
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
