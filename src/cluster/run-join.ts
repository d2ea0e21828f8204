import { KubewrightError } from '../base/errors.ts';
import type { PlanContents } from '../engine/contents.ts';
import type { Phase } from '../engine/phase.ts';
import type { HostPlan } from '../engine/plan.ts';
import { planPhases } from '../engine/planner.ts';
import { type HostResult, runPhases } from '../engine/runner.ts';
import { Timeline } from '../engine/timeline.ts';
import type { Host } from '../host/port.ts';
import type { ApiClient } from '../kube/port.ts';
import type { ClusterToJoin, NodeContext } from './context.ts';
import { withShares } from './delivery/shares.ts';
import { Turns } from './etcd/turns.ts';
import { joinPhases } from './join.ts';
import { joinControlPlanePhases } from './join-control-plane.ts';
import { type JoinAccess, type JoinSource, joinSource } from './join-source.ts';
import { lockJoin } from './locking/lock-join.ts';
import { withRun } from './locking/with-run.ts';
import { mapHosts } from './map-hosts.ts';
import type { ClusterPorts } from './ports.ts';
import { checkTogether } from './preflight/together.ts';
import { prepareControlPlane } from './prepare-control-plane.ts';
import { type JoinRun, prepareWorker } from './prepare-join.ts';
import { recordHosts } from './record.ts';
import { selectPhases } from './settings.ts';
import { apiServerUrls } from './spec/node.ts';
import {
  type ClusterSpec,
  NODE_ROLES,
  type NodeRole,
  type NodeSpec,
  type NodeSpecInput,
} from './spec/types.ts';
import { tellHost } from './tell-host.ts';
import { tellOthers } from './tell-others.ts';
import { tellUnrecorded } from './unrecorded.ts';

/** A host that is to join, with as much of its specification as the user gave; its name is its own by default. */
export type JoinTarget = Partial<NodeSpecInput> & { target: string; role: NodeRole };

export interface JoinRequest {
  targets: readonly JoinTarget[];
  /**
   * How the cluster is reached: the user's kubeconfig, a control plane's own (`--via`), or a token. None in the plan
   * of a cluster that is to be made.
   */
  access: JoinAccess | undefined;
  /** The cluster as it will be, where a plan is made before that is recorded. */
  spec?: ClusterSpec | Promise<ClusterSpec>;
  /** Told of each host that a plan is made for. */
  onPlanned?: (node: NodeSpec) => void;
  ignorePreflightErrors: string[];
  dryRun: boolean;
  /** Plans with what was before. */
  contents?: PlanContents;
  /** Only these phases; all of them by default. */
  phases?: readonly string[];
  /** What a host has to wait for; its failure is the host's. */
  ready?: (target: string) => Promise<void>;
  /** Of a run that this is a part of, and that reports it. */
  timeline?: Timeline;
  /** Of every wait; without it the cluster's own time-outs hold. */
  waitMs?: number | undefined;
  /** Told the URLs of all API servers when the hosts that joined are recorded, also where others failed. */
  keepServers?(servers: readonly string[]): Promise<void>;
}

interface JoinedHost extends HostResult {
  node: string;
  role: NodeRole;
  /** With the host: channel opens plus request-and-answer waits. */
  roundTrips: number;
}

export interface JoinResult {
  cluster: string;
  /** Whether the hosts stand in the cluster's record now; a token alone may not write it. */
  recorded: boolean;
  hosts: JoinedHost[];
  plans: (HostPlan & { node: string; role: NodeRole })[];
  seconds: number;
}

export interface HostFailure {
  target: string;
  error: unknown;
}

/** Makes nodes of the targets, side by side. Throws where one failed, when all have ended. */
export async function join(ports: ClusterPorts, request: JoinRequest): Promise<JoinResult> {
  const { failures, ...result } = await joinHosts(ports, request);
  if (failures.length > 0) throw failure(failures, request.targets);
  return result;
}

/** The same, with what failed beside what is done: one host's failure leaves only its own undone. */
export function joinHosts(
  ports: ClusterPorts,
  request: JoinRequest,
): Promise<JoinResult & { failures: HostFailure[] }> {
  const hosts = request.targets.length;
  if (request.dryRun) return withShares(ports, hosts, (shared) => joinAll(shared, request));
  return withRun(ports, 'join', async (locked) => {
    const access = await lockJoin(locked, { ...request, spec: await request.spec });
    return withShares(locked, hosts, (shared) => joinAll(shared, { ...request, access }));
  });
}

async function joinAll(
  given: ClusterPorts,
  request: JoinRequest,
): Promise<JoinResult & { failures: HostFailure[] }> {
  const timeline = request.timeline ?? new Timeline();
  const source = await timeline.span('cluster', undefined, () => joinSource(given, request));
  const ports = await timeline.span('preflight', undefined, () => checkJoining(given, request, source));
  const run: JoinRun = { ports, request, timeline, etcd: new Turns(), names: new Map() };
  const joined: NodeSpec[] = [];
  const failures: HostFailure[] = [];
  const result: JoinResult = { cluster: '', recorded: false, hosts: [], plans: [], seconds: 0 };
  for (const { target } of request.targets)
    ports.reporter.emit({ type: 'host', state: 'waiting', host: target });
  // Some phases alone, in a larger run: the rest is still to come.
  const then = request.phases && request.timeline ? 'waiting' : 'done';
  await mapHosts(request.targets, async (target) => {
    try {
      const work = () => joinOne(run, source, target, { joined, result });
      await tellHost(ports, target.target, work, then);
    } catch (error) {
      failures.push({ target: target.target, error });
    }
  });
  if (source.administrator && joined.length > 0) {
    const spec = await settle(ports, source.administrator, joined, timeline);
    await request.keepServers?.(apiServerUrls(spec));
    result.recorded = true;
  }
  if (!request.timeline && !request.dryRun) timeline.report(ports.reporter);
  result.seconds = timeline.seconds;
  ports.signal.throwIfAborted();
  return { ...result, failures };
}

/** A plan changes nothing, and has no ports tried either. */
async function checkJoining(
  ports: ClusterPorts,
  { targets, ignorePreflightErrors, phases, dryRun }: JoinRequest,
  { spec, administrator: api }: JoinSource,
): Promise<ClusterPorts> {
  if (dryRun || !spec) return ports;
  return checkTogether(ports, { spec, targets, recorded: spec, api, ignorePreflightErrors, phases });
}

/** What concerns the whole cluster, once for all hosts that joined. */
async function settle(
  ports: ClusterPorts,
  api: ApiClient,
  joined: readonly NodeSpec[],
  timeline: Timeline,
): Promise<ClusterSpec> {
  const spec = await recordHosts(api, joined);
  await tellOthers(ports, api, spec, { joined, timeline });
  await tellUnrecorded(api, spec, ports.reporter);
  return spec;
}

async function joinOne(
  run: JoinRun,
  source: JoinSource,
  target: JoinTarget,
  done: { joined: NodeSpec[]; result: JoinResult },
): Promise<void> {
  const { ports, request, timeline } = run;
  await request.ready?.(target.target);
  const host = await timeline.span('connect', target.target, () => ports.openHost(target.target));
  let changes: Omit<JoinedHost, 'roundTrips'> | undefined;
  const work = async (): Promise<void> => {
    const cluster = await timeline.span('cluster', host.name, () => source.cluster(host));
    done.result.cluster = cluster.spec.name;
    const { context, phases, release } = await timeline.span('facts', host.name, () =>
      prepareTarget(run, cluster, target, host),
    );
    const common = { host, phases: selectPhases(phases, phasesOf(phases, request)), context, timeline };
    const { name, role } = context.node;
    if (request.dryRun) {
      const plan = await planPhases({ ...common, contents: request.contents });
      done.result.plans.push({ ...plan, node: name, role });
      request.onPlanned?.(context.node);
      return;
    }
    const { reporter, signal, guard } = ports;
    try {
      changes = { ...(await runPhases({ ...common, reporter, signal, guard })), node: name, role };
    } finally {
      await release();
    }
    // Some phases alone make no node yet.
    if (!request.phases) done.joined.push(context.node);
  };
  await ports.run?.hold(host);
  await work();
  if (changes) done.result.hosts.push({ ...changes, roundTrips: host.roundTrips });
}

interface Prepared {
  context: NodeContext;
  phases: readonly Phase<NodeContext>[];
  /** Lets others go on with what one host can do at a time, however this one ended. */
  release(): Promise<void>;
}

async function prepareTarget(
  run: JoinRun,
  cluster: ClusterToJoin,
  target: JoinTarget,
  host: Host,
): Promise<Prepared> {
  if (target.role === 'control-plane') {
    const context = await prepareControlPlane(run, cluster, target, host);
    const release = async () => {
      await context.seat.release();
      context.turn.release();
    };
    return { context, phases: joinControlPlanePhases, release };
  }
  const context = await prepareWorker(run, cluster, target, host);
  return { context, phases: joinPhases, release: async () => undefined };
}

/** Where workers and control planes join together, of the asked ones those that the role has. */
function phasesOf(all: readonly Phase<NodeContext>[], { phases, targets }: JoinRequest) {
  if (!phases || targets.every(({ role }) => role === targets[0]!.role)) return phases;
  return phases.filter((name) => all.some((phase) => phase.name === name));
}

function failure(failures: readonly HostFailure[], targets: readonly JoinTarget[]): unknown {
  const total = targets.length;
  if (total === 1) return failures[0]?.error;
  const failed = failures.map(({ target }) => target);
  const again = NODE_ROLES.map((role) => commandFor(targets, failed, role)).filter(Boolean);
  return new KubewrightError({
    code: failures.length === total ? 'JoinFailed' : 'JoinIncomplete',
    message: `${total - failures.length} of ${total} hosts joined; not: ${failed.join(', ')}.`,
    hint: `${again.join('; ')} takes up where these stopped.`,
    exit: failures.length === total ? 'step' : 'partial',
    cause: new AggregateError(failures.map(({ error }) => error)),
  });
}

function commandFor(targets: readonly JoinTarget[], failed: readonly string[], role: NodeRole): string {
  const hosts = targets.filter((each) => each.role === role && failed.includes(each.target));
  if (hosts.length === 0) return '';
  const flag = role === 'control-plane' ? ' --control-plane' : '';
  return `kubewright join ${hosts.map(({ target }) => target).join(' ')}${flag}`;
}
