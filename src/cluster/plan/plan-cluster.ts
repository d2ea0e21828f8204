import type { PlanContents } from '../../engine/contents.ts';
import { warnEven } from '../declared/even.ts';
import { type PrunePlan, planPrune } from '../declared/prune.ts';
import type { Survey } from '../declared/survey.ts';
import { withShares } from '../delivery/shares.ts';
import { textTemplate } from '../manifests/template.ts';
import type { ClusterPorts } from '../ports.ts';
import { withHostsOf } from '../record.ts';
import {
  type ClusterRequest,
  type Failures,
  hasExternalEtcd,
  initRequest,
  lookAround,
  restOf,
} from '../run-cluster.ts';
import { init } from '../run-init.ts';
import { type JoinResult, joinHosts } from '../run-join.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { firstLook } from './first-look.ts';
import type { PlannedHost } from './planned-host.ts';
import { planSettling } from './planned-settling.ts';
import { planningHosts } from './planning-hosts.ts';

export interface ClusterPlan {
  cluster: string;
  hosts: PlannedHost[];
  removed: PrunePlan[];
  kept: string[];
}

export const planContents: PlanContents = { keyCommand: ['sh', '-c', textTemplate('plan/host-key.sh')] };

/**
 * What `applyCluster` would do; nothing is changed. All hosts are looked at side by side: once for what is decided
 * by, once for the steps, and once more for what was before, where anything would change.
 */
export function planCluster(given: ClusterPorts, request: PlanRequest): Promise<MadePlan> {
  const hosts = request.spec.hosts?.length ?? 0;
  return withShares(planningHosts(given), hosts, (ports) => planHosts(ports, request));
}

type PlanRequest = ClusterRequest & { contents?: boolean };
type MadePlan = ClusterPlan & Failures & { ca?: string };

async function planHosts(ports: ClusterPorts, request: PlanRequest): Promise<MadePlan> {
  await firstLook(ports, request.spec);
  const { survey, gone } = await lookAround(ports, request);
  warnEven(ports.reporter, survey.controlPlanes.length, hasExternalEtcd(request, survey));
  const planned: NodeSpec[] = [];
  const spec = Promise.withResolvers<ClusterSpec>();
  const common = { dryRun: true, ...(request.contents ? { contents: planContents } : {}) };
  const seed = init(ports, { ...initRequest(request, survey), ...common, onSpec: spec.resolve });
  // Where it fails, nobody waits for its specification any more.
  seed.catch(spec.reject);
  const rest = planRest(ports, request, survey, { ...common, spec: spec.promise, planned });
  const leaving = request.pruneHosts ? gone : [];
  const pruned = planPrune(ports, leaving, survey.access, survey.ca, hasExternalEtcd(request, survey));
  const [first, joined, removed] = await Promise.all([seed, rest, pruned]);
  const own: PlannedHost = { ...first.plan!, node: first.node.name, role: 'control-plane' };
  const hosts = inOrder(survey, [own, ...joined.plans]);
  return {
    cluster: first.cluster.name,
    hosts: request.phases
      ? hosts
      : await planSettling(ports, survey, {
          ...{ hosts, planned, leaving, spec: first.cluster },
          contents: common.contents,
        }),
    removed,
    kept: request.pruneHosts ? [] : gone.map(({ name }) => name),
    failures: joined.failures,
    ...(survey.ca === undefined ? {} : { ca: survey.ca }),
  };
}

interface Rest {
  dryRun: boolean;
  contents?: PlanContents;
  spec: Promise<ClusterSpec>;
  /** Is filled with the hosts as they would be recorded. */
  planned: NodeSpec[];
}

async function planRest(
  ports: ClusterPorts,
  { phases, waitMs }: ClusterRequest,
  survey: Survey,
  { spec, planned, ...common }: Rest,
): Promise<Pick<JoinResult, 'plans'> & Failures> {
  const targets = restOf(survey);
  if (targets.length === 0) return { plans: [], failures: [] };
  return joinHosts(ports, {
    targets,
    access: survey.access,
    spec: spec.then((cluster) => withHostsOf(cluster, survey.recorded)),
    ignorePreflightErrors: [],
    ...common,
    onPlanned: (node) => planned.push(node),
    ...(phases ? { phases: phases.join } : {}),
    waitMs,
  });
}

/** As the file has them, whoever answered first. */
function inOrder({ controlPlanes, workers }: Survey, hosts: PlannedHost[]): PlannedHost[] {
  const names = [...controlPlanes, ...workers].map(({ name }) => name);
  return hosts.toSorted((a, b) => names.indexOf(a.node) - names.indexOf(b.node));
}
