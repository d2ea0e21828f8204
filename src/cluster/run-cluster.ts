import { Timeline } from '../engine/timeline.ts';
import { liveApiServers } from './api-servers.ts';
import { warnEven } from './declared/even.ts';
import { type DeclaredHost, declaredHosts, goneHosts } from './declared/hosts.ts';
import { pruneHosts } from './declared/prune.ts';
import { type Survey, surveyCluster } from './declared/survey.ts';
import { withShares } from './delivery/shares.ts';
import { earlyHosts } from './early.ts';
import { controlPlanesOf, targetsOf, withRun } from './locking/with-run.ts';
import type { ClusterPorts } from './ports.ts';
import { checkTogether, requireAll } from './preflight/together.ts';
import { type ClusterAccess, withHostsOf } from './record.ts';
import { type InitRequest, type InitResult, init } from './run-init.ts';
import { type HostFailure, type JoinResult, joinHosts } from './run-join.ts';
import type { Written } from './spec/findings.ts';
import { resolveSpec } from './spec/resolve.ts';
import type { ClusterSpecInput, NodeRole, NodeSpec } from './spec/types.ts';
import { tellHost } from './tell-host.ts';
import type { UserAccess } from './user-kubeconfig.ts';

export interface ClusterRequest {
  /** As the cluster file has it. */
  spec: ClusterSpecInput;
  /** Where in the file its fields stand, for what only shows against the record. */
  written?: Written;
  /** Recorded hosts that are not in the file leave the cluster. */
  pruneHosts: boolean;
  /** Only these phases; without an API server some can still be carried out. */
  phases?: { init: readonly string[]; join: readonly string[] };
  waitMs?: number | undefined;
}

export interface HostOutcome {
  node: string;
  role: NodeRole;
  state: 'done' | 'removed' | 'failed';
  changed: number;
  unchanged: number;
  /** `the host was not reached: it was not cleaned` */
  note?: string;
}

export interface ClusterResult {
  cluster: string;
  hosts: HostOutcome[];
  /** Recorded hosts that are not in the file and stay: for want of --prune-hosts, or because a host failed. */
  kept: string[];
  seconds: number;
}

/** What could not be done, or not be planned; the rest is. */
export interface Failures {
  failures: HostFailure[];
}

/**
 * Brings the cluster to what the file says: a control plane that has it already, or the first; then the other
 * control planes and the workers; then what is gone from the file. Hosts that are in the cluster converge.
 */
export function applyCluster(
  given: ClusterPorts,
  request: ClusterRequest,
): Promise<ClusterResult & Failures & { access?: UserAccess }> {
  const hosts = request.spec.hosts?.length ?? 0;
  return withRun(given, 'apply', async (locked) => {
    // Before the first look: what is found out holds for as long as the run takes.
    const declared = declaredHosts(request.spec).controlPlanes;
    await locked.run.cluster(targetsOf(locked, declared));
    return withShares(locked, hosts, (ports) => applyHosts(ports, request));
  });
}

async function applyHosts(
  given: ClusterPorts,
  request: ClusterRequest,
): Promise<ClusterResult & Failures & { access?: UserAccess }> {
  const timeline = new Timeline();
  const { survey, gone } = await lookAround(given, request);
  warnEven(given.reporter, survey.controlPlanes.length, hasExternalEtcd(request, survey));
  const ports = await timeline.span('preflight', undefined, () => checkHosts(given, request, survey));
  await ports.run?.cluster(controlPlanesOf(ports, survey.recorded?.hosts ?? []));
  const targets = restOf(survey);
  const { waitMs } = request;
  const early = earlyHosts(ports, survey.recorded || request.phases ? [] : targets, { waitMs, timeline });
  const seed = tellHost(ports, survey.seed.target, () =>
    init(ports, { ...initRequest(request, survey), dryRun: false, timeline, onSpec: early.begin }),
  );
  // Nothing is left working on a host when the run ends.
  const first = await seed.catch(async (error: unknown) => {
    await early.settled();
    throw error;
  });
  const joined = await joinRest(ports, request, first, { survey, targets, timeline, ready: early.ready });
  const own = survey.seedJoined ? [] : [{ ...first.result!, node: first.node.name, role: first.node.role }];
  const hosts = [...own, ...joined.hosts].map((host) => outcome(host.node, host.role, host));
  // What was to take over from hosts that go has to be there.
  const failures = [...joined.failures];
  const prune = request.pruneHosts && failures.length === 0;
  const pruned = prune && first.api ? await pruneHosts(ports, gone, first.api, request) : [];
  failures.push(...pruned.flatMap(({ failure }) => failure ?? []));
  const removed = pruned.filter(({ failure }) => !failure).map(({ outcome }) => outcome);
  timeline.report(ports.reporter);
  return {
    cluster: first.cluster.name,
    hosts: [...hosts, ...removed, ...failed(survey, gone, failures)],
    kept: prune ? [] : gone.map(({ name }) => name),
    seconds: timeline.seconds,
    failures,
    ...(first.access ? { access: await withAllServers(first.access, first.api) } : {}),
  };
}

/** Of a new cluster nothing begins while a host is refused; of one that is there, what is refused stays out. */
async function checkHosts(
  ports: ClusterPorts,
  { spec, written, phases }: ClusterRequest,
  { controlPlanes, workers, recorded, access }: Survey,
): Promise<ClusterPorts> {
  const checked = await checkTogether(ports, {
    spec: resolveSpec(spec, recorded, written),
    targets: [...controlPlanes, ...workers],
    recorded,
    api: access?.api,
    ignorePreflightErrors: [],
    phases: phases && [...phases.init, ...phases.join],
  });
  if (!recorded) requireAll(checked);
  return checked;
}

/** As it is after others joined and left. */
async function withAllServers(access: UserAccess, cluster: ClusterAccess | undefined): Promise<UserAccess> {
  if (!cluster) return access;
  return { ...access, servers: await liveApiServers(cluster.api, access.servers) };
}

/** What the seed is to become. */
export function initRequest(
  { spec, phases, waitMs }: ClusterRequest,
  { seed, seedJoined }: Survey,
): Omit<InitRequest, 'dryRun'> {
  const { hosts: _, ...cluster } = spec;
  const { target, role: __, ...node } = seed;
  return {
    target,
    node,
    spec: cluster,
    ignorePreflightErrors: [],
    ...(phases ? { phases: phases.init } : {}),
    ...(seedJoined ? { joined: true } : {}),
    waitMs,
  };
}

/** The other hosts of the file: control planes before workers, as join brings them in. */
export function restOf({ seed, seedJoined, controlPlanes, workers }: Survey): DeclaredHost[] {
  return [...controlPlanes.filter((host) => host !== seed || seedJoined), ...workers];
}

interface Rest {
  survey: Survey;
  targets: readonly DeclaredHost[];
  timeline: Timeline;
  ready: (target: string) => Promise<void>;
}

async function joinRest(
  ports: ClusterPorts,
  { phases, waitMs }: ClusterRequest,
  first: InitResult,
  { survey, targets, ...how }: Rest,
): Promise<JoinResult & Failures> {
  if (targets.length === 0)
    return { cluster: first.cluster.name, recorded: true, hosts: [], plans: [], seconds: 0, failures: [] };
  return joinHosts(ports, {
    targets,
    access: first.api,
    // Where nobody can be asked.
    ...(first.api ? {} : { spec: withHostsOf(first.cluster, survey.recorded) }),
    ignorePreflightErrors: [],
    dryRun: false,
    ...(phases ? { phases: phases.join } : {}),
    ...how,
    waitMs,
  });
}

/** As the file has it, or where that says nothing, the record. */
export function hasExternalEtcd({ spec }: ClusterRequest, { recorded }: Survey): boolean {
  return (spec.etcd?.external ?? recorded?.etcd.external) !== undefined;
}

export async function lookAround(ports: ClusterPorts, { spec, written }: ClusterRequest) {
  const survey = await surveyCluster(ports, spec, written);
  const gone = goneHosts(spec, survey.recorded);
  return { survey, gone };
}

function outcome(
  node: string,
  role: NodeRole,
  changes: { changed: number; unchanged: number } | undefined,
): HostOutcome {
  const { changed = 0, unchanged = 0 } = changes ?? {};
  return { node, role, state: 'done', changed, unchanged };
}

/** By the names that the file or the record gives the hosts that failed. */
function failed(survey: Survey, gone: readonly NodeSpec[], failures: readonly HostFailure[]): HostOutcome[] {
  const known = [...survey.controlPlanes, ...survey.workers, ...gone];
  return failures.map(({ target }) => {
    const host = known.find((each) => each.target === target || each.name === target);
    const { name = target, role = 'worker' } = host ?? {};
    return { ...outcome(name, role, undefined), state: 'failed' };
  });
}
