import { mapLimit } from '../base/concurrency.ts';
import { KubewrightError } from '../base/errors.ts';
import type { HostPlan } from '../engine/plan.ts';
import { planPhases } from '../engine/planner.ts';
import { type HostResult, runPhases } from '../engine/runner.ts';
import { Timeline } from '../engine/timeline.ts';
import type { Host } from '../host/port.ts';
import type { ApiClient } from '../kube/port.ts';
import { clusterArtifacts } from './artifacts.ts';
import { type ClusterToJoin, deadlines, type JoinContext } from './context.ts';
import { joinPhases } from './join.ts';
import { type JoinAccess, type JoinSource, joinSource, noClusterYet } from './join-source.ts';
import { withLock } from './lock.ts';
import { MANIFESTS_DIR } from './manifests/paths.ts';
import { advertiseAddress, requireSupported } from './node-facts.ts';
import type { ClusterPorts } from './ports.ts';
import { refuseDuplicateNode, refuseForeignNode } from './preflight/foreign.ts';
import { recordHosts } from './record.ts';
import { spreadRoutes } from './routes.ts';
import { labSettings, selectPhases, withLab } from './settings.ts';
import { defaultNode } from './spec/defaults.ts';
import type { ClusterSpec, NodeRole, NodeSpec, NodeSpecInput } from './spec/types.ts';

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
  spec?: ClusterSpec;
  ignorePreflightErrors: string[];
  dryRun: boolean;
  /** Plans with the contents of files. */
  contents?: boolean;
  phases?: readonly string[];
  /** Of every wait; without it the cluster's own time-outs hold. */
  waitMs?: number | undefined;
}

export interface JoinResult {
  cluster: string;
  /** Whether the hosts stand in the cluster's record now; a token alone may not write it. */
  recorded: boolean;
  /** `roundTrips` with the host: channel opens plus request-and-answer waits. */
  hosts: (HostResult & { node: string; role: NodeRole; roundTrips: number })[];
  plans: (HostPlan & { node: string; role: NodeRole })[];
  seconds: number;
}

export interface HostFailure {
  target: string;
  error: unknown;
}

/** Hosts that are worked on at once; each is one connection. */
const width = 30;

/** Makes workers of the targets, side by side. Throws where one failed, when all have ended. */
export async function join(ports: ClusterPorts, request: JoinRequest): Promise<JoinResult> {
  const { failures, ...result } = await joinHosts(ports, request);
  if (failures.length > 0) throw failure(failures, request.targets.length);
  return result;
}

/** The same, with what failed beside what is done: one host's failure leaves only its own undone. */
export async function joinHosts(
  ports: ClusterPorts,
  request: JoinRequest,
): Promise<JoinResult & { failures: HostFailure[] }> {
  const timeline = new Timeline();
  const source = await timeline.span('cluster', undefined, () => joinSource(ports, request));
  const joined: NodeSpec[] = [];
  const failures: HostFailure[] = [];
  const result: JoinResult = { cluster: '', recorded: false, hosts: [], plans: [], seconds: 0 };
  await mapLimit(request.targets, width, async (target) => {
    try {
      await joinOne(ports, request, source, target, timeline, { joined, result });
    } catch (error) {
      failures.push({ target: target.target, error });
    }
  });
  if (source.administrator && joined.length > 0) {
    await settle(ports, source.administrator, joined, timeline);
    result.recorded = true;
  }
  timeline.report(ports.reporter);
  result.seconds = timeline.seconds;
  ports.signal.throwIfAborted();
  return { ...result, failures };
}

/** What concerns the whole cluster, once for all hosts that joined. */
async function settle(
  ports: ClusterPorts,
  api: ApiClient,
  joined: readonly NodeSpec[],
  timeline: Timeline,
): Promise<void> {
  const spec = await recordHosts(api, joined);
  if (spec.networking.cni === 'bridge') await spreadRoutes(ports, spec, api, timeline);
}

async function joinOne(
  ports: ClusterPorts,
  request: JoinRequest,
  source: JoinSource,
  target: JoinTarget,
  timeline: Timeline,
  done: { joined: NodeSpec[]; result: JoinResult },
): Promise<void> {
  const host = await timeline.span('connect', target.target, () => ports.openHost(target.target));
  let changes: Omit<JoinResult['hosts'][number], 'roundTrips'> | undefined;
  const work = async (epoch?: number): Promise<void> => {
    const cluster = await timeline.span('cluster', host.name, () => source.cluster(host));
    done.result.cluster = cluster.spec.name;
    const context = await timeline.span('facts', host.name, () =>
      prepare(ports, request, cluster, target, host),
    );
    const phases = selectPhases(joinPhases, request.phases);
    const common = { host, phases, context, timeline };
    const { name, role } = context.node;
    if (request.dryRun) {
      const plan = await planPhases({ ...common, contents: request.contents });
      done.result.plans.push({ ...plan, node: name, role });
      return;
    }
    const { reporter, signal } = ports;
    const lock = epoch === undefined ? {} : { epoch };
    changes = { ...(await runPhases({ ...common, reporter, signal, ...lock })), node: name, role };
    done.joined.push(context.node);
  };
  await (request.dryRun ? work() : withLock(ports, host, 'join', work));
  if (changes) done.result.hosts.push({ ...changes, roundTrips: host.roundTrips });
}

async function prepare(
  ports: ClusterPorts,
  request: JoinRequest,
  cluster: ClusterToJoin,
  target: JoinTarget,
  host: Host,
): Promise<JoinContext> {
  const [facts, kubeletConf, apiServer] = await host.inspect([
    { kind: 'facts' },
    { kind: 'file', path: '/etc/kubernetes/kubelet.conf', content: true },
    { kind: 'file', path: `${MANIFESTS_DIR}/kube-apiserver.yaml` },
  ]);
  requireSupported(host, facts);
  const { api, ca, token, administrator } = cluster;
  const lab = labSettings(await ports.labDefaults(target.target));
  const spec = cluster.recorded ? cluster.spec : withLab(cluster.spec, lab.spec);
  const name = target.name ?? facts.hostname.toLowerCase();
  const known = spec.hosts.find((found) => found.name === name);
  if (known?.role === 'control-plane' || (!cluster.recorded && apiServer.type !== 'absent')) {
    throw alreadyControlPlane(host, spec);
  }
  const node = defaultNode({
    ...known,
    ...target,
    name,
    address: target.address ?? advertiseAddress(host, facts),
    ignorePreflightErrors: [
      ...new Set([
        ...lab.ignorePreflightErrors,
        ...request.ignorePreflightErrors,
        ...(target.ignorePreflightErrors ?? []),
      ]),
    ],
  });
  refuseForeignNode(host, kubeletConf.content, ca || undefined, spec);
  if (api && !kubeletConf.content) await refuseDuplicateNode(host, api, node, facts.machineId);
  const { binaries, images } = await clusterArtifacts(ports, facts.arch, spec);
  const endpoint = spec.hosts.find((known) => known.role === 'control-plane');
  return {
    spec,
    node,
    host,
    facts,
    binaries,
    images,
    ca,
    endpointAddress: endpoint?.address ?? spec.endpoint.name,
    api: async () => api ?? noClusterYet(spec),
    token,
    administrator,
    reporter: ports.reporter,
    waitMs: deadlines(spec, request.waitMs),
  };
}

function alreadyControlPlane(host: Host, spec: ClusterSpec): KubewrightError {
  return new KubewrightError({
    code: 'AlreadyControlPlane',
    message: `${host.name} is a control plane of ${spec.name} already; nothing was changed.`,
    host: host.name,
    hint: `Join another host, or bring this one up to date with kubewright init ${host.name}.`,
    exit: 'invalidInput',
  });
}

function failure(failures: readonly HostFailure[], total: number): unknown {
  if (total === 1) return failures[0]?.error;
  const names = failures.map(({ target }) => target).join(', ');
  return new KubewrightError({
    code: failures.length === total ? 'JoinFailed' : 'JoinIncomplete',
    message: `${total - failures.length} of ${total} hosts joined; not: ${names}.`,
    hint: `kubewright join ${failures.map(({ target }) => target).join(' ')} takes up where these stopped.`,
    exit: failures.length === total ? 'step' : 'partial',
    cause: new AggregateError(failures.map(({ error }) => error)),
  });
}
