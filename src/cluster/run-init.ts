import type { PlanContents } from '../engine/contents.ts';
import type { HostPlan } from '../engine/plan.ts';
import { planPhases } from '../engine/planner.ts';
import { type HostResult, runPhases } from '../engine/runner.ts';
import { Timeline } from '../engine/timeline.ts';
import type { Facts, Host } from '../host/port.ts';
import { apiThrough, once } from './api-access.ts';
import { liveApiServers } from './api-servers.ts';
import { commonContext } from './common-context.ts';
import type { ControlPlaneContext } from './context.ts';
import { findExternalEtcd, requireFiles } from './etcd/external.ts';
import { initPhases } from './init.ts';
import { lockSeed } from './locking/lock-seed.ts';
import { withRun } from './locking/with-run.ts';
import { staticPodPath } from './manifests/static-pods.ts';
import { advertiseAddress, requireSupported } from './node-facts.ts';
import { CONTROL_PLANES } from './other-control-planes.ts';
import { pkiContext } from './pki/context.ts';
import { PkiSession } from './pki/session.ts';
import { kubeconfigPath } from './pki/table.ts';
import type { ClusterPorts } from './ports.ts';
import { refuseForeignCluster } from './preflight/foreign.ts';
import { refuseJoined } from './preflight/joined.ts';
import { refuseLostEtcd } from './preflight/lost-etcd.ts';
import { type ClusterAccess, RECORD_PATH, readRecord } from './record.ts';
import { labSettings, overLab, selectPhases } from './settings.ts';
import { refuseWrong } from './spec/check-input.ts';
import type { Written } from './spec/findings.ts';
import { apiServerUrls, localUrl } from './spec/node.ts';
import { resolveSpec } from './spec/resolve.ts';
import type { ClusterSpec, ClusterSpecInput, NodeSpec, NodeSpecInput } from './spec/types.ts';
import { isUnreachable } from './steps/objects.ts';
import type { UserAccess } from './user-kubeconfig.ts';

export interface InitRequest {
  target: string;
  /** What the user says of this host; its name is its own by default. */
  node: Partial<NodeSpecInput>;
  /** Its hosts are not looked at. */
  spec: ClusterSpecInput;
  /** Where a file says it. */
  written?: Written;
  ignorePreflightErrors: string[];
  dryRun: boolean;
  /** A plan with what was before. */
  contents?: PlanContents;
  /** Only these phases; all of them by default. */
  phases?: readonly string[];
  /** The host came by join: through it only what concerns the whole cluster is brought up to date. */
  joined?: boolean;
  /** Called once it is known what the cluster will be, before anything is changed or planned: others need not wait. */
  onSpec?: (spec: ClusterSpec) => void;
  /** Of a run that this is a part of, and that reports it. */
  timeline?: Timeline;
  /** Of every wait; without it the cluster's own time-outs hold. */
  waitMs?: number | undefined;
}

export interface InitResult {
  cluster: ClusterSpec;
  node: NodeSpec;
  result?: HostResult;
  plan?: HostPlan;
  /** For the user's kubeconfig; absent where only some phases ran. */
  access?: UserAccess;
  /** The cluster that is there now, for those that join it; absent in the plan of one that is to be made. */
  api?: ClusterAccess;
  /** With the host: channel opens plus request-and-answer waits. */
  roundTrips: number;
  seconds: number;
}

/** What is in the cluster once, and the credentials to write it with. */
const CLUSTER_PHASES = [
  ...['certs', 'kubeconfig'],
  ...['upload-config', 'addon-kube-proxy', 'addon-coredns', 'addon-network'],
];

/** Makes `target` the first control plane of a cluster, or finds that it is. */
export function init(ports: ClusterPorts, request: InitRequest): Promise<InitResult> {
  if (request.dryRun) return initHost(ports, request);
  return withRun(ports, 'init', (locked) => initHost(locked, request));
}

async function initHost(ports: ClusterPorts, request: InitRequest): Promise<InitResult> {
  const phases = selectPhases(initPhases, request.joined ? CLUSTER_PHASES : request.phases);
  refuseWrong(request.spec, [request.node], request.written);
  const timeline = request.timeline ?? new Timeline();
  const host = await timeline.span('connect', request.target, () => ports.openHost(request.target));
  const run = async (): Promise<Omit<InitResult, 'roundTrips'>> => {
    const context = await timeline.span('facts', host.name, () => prepareContext(ports, host, request));
    request.onSpec?.(context.spec);
    const common = { host, phases, context, timeline };
    const about = { cluster: context.spec, node: context.node };
    if (request.dryRun) {
      const plan = await planPhases({ ...common, contents: request.contents });
      const found = request.phases ? {} : await clusterAccess(context);
      return { ...about, plan, ...found, seconds: timeline.seconds };
    }
    const { reporter, signal, guard } = ports;
    const result = await runPhases({ ...common, reporter, signal, guard });
    const access = request.phases ? undefined : await userAccess(context);
    if (!request.timeline) timeline.report(reporter);
    const found = access ? { access, ...(await clusterAccess(context)) } : {};
    return { ...about, result, ...found, seconds: timeline.seconds };
  };
  await lockSeed(ports, host, request.target);
  const done = await run();
  return { ...done, roundTrips: host.roundTrips };
}

export const initQueries = [
  { kind: 'facts' },
  { kind: 'file', path: RECORD_PATH, content: true },
  { kind: 'file', path: '/etc/kubernetes/kubelet.conf', content: true },
  { kind: 'file', path: staticPodPath('etcd'), content: true },
  { kind: 'file', path: kubeconfigPath('super-admin.conf') },
  { kind: 'file', path: CONTROL_PLANES, content: true },
] as const;

async function prepareContext(
  ports: ClusterPorts,
  host: Host,
  request: InitRequest,
): Promise<ControlPlaneContext> {
  const [facts, recordFile, kubeletConf, etcdManifest, superAdmin, told] = await host.inspect(initQueries);
  requireSupported(host, facts);
  const recorded = recordFile.content ? readRecord(recordFile.content.toString('utf8')) : undefined;
  const { spec, node } = await specOf(ports, host, facts, request, recorded);
  refuseForeignCluster(host, { recorded, kubelet: kubeletConf.content, spec });
  if (!request.joined)
    refuseJoined(host, {
      recorded,
      node,
      etcd: etcdManifest.content,
      superAdmin: superAdmin.type === 'file',
    });
  if (!request.joined) await refuseLostEtcd(host, { spec, node, told: told.content });
  const externalEtcd = await findExternalEtcd(ports, host, { spec, node });
  requireFiles(externalEtcd, spec, request.written);
  const pki = new PkiSession(host, pkiContext(spec, node, { now: ports.now(), superAdmin: !request.joined }));
  const common = await commonContext(ports, { spec, node, host, facts }, request.waitMs);
  const api = once(async () =>
    apiThrough(
      ports,
      host,
      spec,
      node,
      await pki.administrator(request.joined ? 'admin.conf' : 'super-admin.conf'),
    ),
  );
  return { ...common, externalEtcd, pki, api, ca: '' };
}

async function specOf(
  ports: ClusterPorts,
  host: Host,
  facts: Facts,
  request: InitRequest,
  recorded: ClusterSpec | undefined,
): Promise<{ spec: ClusterSpec; node: NodeSpec }> {
  const name = request.node.name ?? facts.hostname.toLowerCase();
  const known = recorded?.hosts.find((found) => found.name === name);
  const lab = labSettings(await ports.labDefaults(request.target));
  // A host that joined has the control planes of then on its disk; which of them are left only the cluster knows.
  const base = request.joined && recorded ? { ...recorded, hosts: known ? [known] : [] } : recorded;
  const spec = resolveSpec(
    {
      ...overLab(lab.spec, request.spec, recorded !== undefined),
      hosts: [
        {
          ...request.node,
          name,
          role: 'control-plane',
          target: request.target,
          address: request.node.address ?? known?.address ?? advertiseAddress(host, facts),
          ignorePreflightErrors: [
            ...new Set([
              ...lab.ignorePreflightErrors,
              ...request.ignorePreflightErrors,
              ...(request.node.ignorePreflightErrors ?? []),
            ]),
          ],
        },
      ],
    },
    base,
    request.written,
  );
  return { spec, node: spec.hosts.find((found) => found.name === name)! };
}

/** None where nothing has been issued yet. */
async function clusterAccess({ pki, api }: ControlPlaneContext): Promise<{ api?: ClusterAccess }> {
  try {
    return { api: { api: await api(), ca: await pki.ca() } };
  } catch (error) {
    if (isUnreachable(error)) return {};
    throw error;
  }
}

async function userAccess({ pki, api, spec, node }: ControlPlaneContext): Promise<UserAccess> {
  const { ca, certificate, key } = await pki.administrator('admin.conf');
  const server = localUrl(spec, node);
  // What is recorded on this host may be older than the control planes that joined.
  const servers = await liveApiServers(await api(), apiServerUrls(spec));
  return { cluster: spec.name, server, servers, ca, certificate, key };
}
