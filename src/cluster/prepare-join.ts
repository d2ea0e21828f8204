import { KubewrightError } from '../base/errors.ts';
import type { Timeline } from '../engine/timeline.ts';
import type { Facts, FileState, Host } from '../host/port.ts';
import { commonContext } from './common-context.ts';
import type { ClusterToJoin, JoinContext, NodeContext } from './context.ts';
import type { Turns } from './etcd/turns.ts';
import { noClusterYet } from './join-source.ts';
import { staticPodPath } from './manifests/static-pods.ts';
import { advertiseAddress, requireSupported } from './node-facts.ts';
import type { Peer } from './peer.ts';
import type { ClusterPorts } from './ports.ts';
import { duplicateNode, refuseDuplicateNode, refuseForeignNode } from './preflight/foreign.ts';
import { refuseTaken } from './preflight/taken.ts';
import type { JoinRequest, JoinTarget } from './run-join.ts';
import { labSettings, withLab } from './settings.ts';
import { defaultNode } from './spec/defaults.ts';
import type { ClusterSpec, NodeRole } from './spec/types.ts';

/** What all hosts of one run of `join` share. */
export interface JoinRun {
  ports: ClusterPorts;
  request: JoinRequest;
  timeline: Timeline;
  /** The hosts' turns at changing etcd's membership. */
  etcd: Turns;
  /** Which target becomes which node; of one name there is one. */
  names: Map<string, string>;
  /** The control plane that others join through, from when one was needed. */
  peer?: Promise<Peer>;
}

/** A host as it was found, before anything is decided about it. */
export interface Found {
  host: Host;
  facts: Facts;
  kubeletConf: FileState;
  /** The API server's manifest. */
  apiServer: FileState;
}

export const foundQueries = [
  { kind: 'facts' },
  { kind: 'file', path: '/etc/kubernetes/kubelet.conf', content: true },
  { kind: 'file', path: staticPodPath('kube-apiserver') },
] as const;

/** What a worker is made with. */
export async function prepareWorker(
  run: JoinRun,
  cluster: ClusterToJoin,
  target: JoinTarget,
  host: Host,
): Promise<JoinContext> {
  const [facts, kubeletConf, apiServer] = await host.inspect(foundQueries);
  const context = await prepareNode(run, cluster, target, { host, facts, kubeletConf, apiServer });
  const { token, administrator } = cluster;
  return { ...context, token, administrator };
}

/** The host's specification, and everything else that does not depend on its role. */
export async function prepareNode(
  { ports, request, names }: JoinRun,
  cluster: ClusterToJoin,
  target: JoinTarget,
  found: Found,
): Promise<NodeContext> {
  const { host, facts, kubeletConf } = found;
  const { api, ca } = cluster;
  requireSupported(host, facts);
  const lab = labSettings(await ports.labDefaults(target.target));
  const spec = cluster.recorded ? cluster.spec : withLab(cluster.spec, lab.spec);
  const name = target.name ?? facts.hostname.toLowerCase();
  claimName(names, host, name, target);
  const known = spec.hosts.find((each) => each.name === name);
  refuseOtherRole(cluster, known?.role, target, found);
  const node = defaultNode({
    ...known,
    ...target,
    name,
    address: target.address ?? (known?.address || advertiseAddress(host, facts)),
    ignorePreflightErrors: [
      ...new Set([
        ...lab.ignorePreflightErrors,
        ...request.ignorePreflightErrors,
        ...(target.ignorePreflightErrors ?? []),
      ]),
    ],
  });
  refuseForeignNode(host, kubeletConf.content, ca || undefined, spec);
  refuseTaken(host, spec, node);
  if (api && !kubeletConf.content) await refuseDuplicateNode(host, api, node, facts.machineId);
  const refusal = ports.checked?.refused.get(target.target);
  if (refusal) throw refusal;
  return {
    ...(await commonContext(ports, { spec, node, host, facts }, request.waitMs)),
    ca,
    api: async () => api ?? noClusterYet(spec),
  };
}

/** Hosts of one run are looked at before any of them is a node: the API server cannot tell them apart yet. */
function claimName(names: JoinRun['names'], host: Host, name: string, { target }: JoinTarget): void {
  const other = names.get(name);
  if (other !== undefined) throw duplicateNode(host, `${other} is to be the node "${name}" already`);
  names.set(name, target);
}

/** A host has one role. As a worker it is known by its kubelet too: the record may have been written ahead of it. */
function refuseOtherRole(
  { spec, recorded }: ClusterToJoin,
  known: NodeRole | undefined,
  { role }: JoinTarget,
  { host, kubeletConf, apiServer }: Found,
): void {
  if (role === 'worker') {
    const controlPlane = known === 'control-plane' || (!recorded && apiServer.type !== 'absent');
    if (controlPlane) throw otherRole(host, spec, 'control plane', ' --control-plane');
  } else if (known === 'worker' && kubeletConf.type !== 'absent') {
    throw otherRole(host, spec, 'worker', '');
  }
}

/** `flag`: how it joins again in the role that it has. */
function otherRole(host: Host, spec: ClusterSpec, role: string, flag: string): KubewrightError {
  return new KubewrightError({
    code: role === 'worker' ? 'AlreadyWorker' : 'AlreadyControlPlane',
    message: `${host.name} is a ${role} of ${spec.name} already; nothing was changed.`,
    host: host.name,
    hint: `kubewright join ${host.name}${flag} brings it up to date as such; kubewright reset ${host.name} frees it for another role.`,
    exit: 'invalidInput',
  });
}
