import type { HostPlan } from '../engine/plan.ts';
import { planPhases } from '../engine/planner.ts';
import { type HostResult, runPhases } from '../engine/runner.ts';
import { Timeline } from '../engine/timeline.ts';
import type { FileState, JournalEntry } from '../host/port.ts';
import type { ApiClient } from '../kube/port.ts';
import { deleteNode } from './delete-node.ts';
import { etcdCredentialQueries, etcdCredentials } from './etcd/credentials.ts';
import { foreignPaths, SIGNS, unknownPaths } from './known-paths.ts';
import { type EtcdLeave, leaveEtcdAsAsked } from './leave-etcd.ts';
import { lockReset } from './locking/lock-reset.ts';
import { withRun } from './locking/with-run.ts';
import { staticPodPath } from './manifests/static-pods.ts';
import { CONTROL_PLANES, otherControlPlanes } from './other-control-planes.ts';
import { type ClusterIdentity, leftAlone, otherCluster, ownership, strangerQueries } from './ownership.ts';
import { certPath, keyPath } from './pki/table.ts';
import type { ClusterPorts } from './ports.ts';
import { forgetHost, RECORD_PATH, recordIn } from './record.ts';
import { resetPhases } from './reset.ts';
import { RESET_NOTES, readResetNotes } from './reset-notes.ts';
import { isSameCluster } from './same-cluster.ts';
import { selectPhases } from './settings.ts';
import { localUrl } from './spec/node.ts';
import type { ClusterSpec } from './spec/types.ts';
import { isUnreachable } from './steps/objects.ts';

export interface ResetRequest {
  target: string;
  /** The host's cluster, if the user's kubeconfig reaches it; a host is reset without it as well. */
  api(): Promise<ApiClient | undefined>;
  dryRun: boolean;
  /** Do not run the host's own commands, where they fail or hang. */
  skipHooks?: boolean;
  /** Its Node's name, where that is known; by default the host's own. */
  node?: string;
  /** Only a host of this cluster is meant; one that has nothing of ours is left as it is, and as good as reset. */
  onlyOf?: ClusterIdentity;
  /** How the cluster lets go of it where that is not left to `api`, after the hooks that may still use the cluster. */
  leave?(): Promise<void>;
  /** How a control plane leaves etcd; default `leave`. */
  etcd?: EtcdLeave;
}

export interface ResetResult {
  node: string;
  result?: HostResult;
  plan?: HostPlan;
  /** PEM of the CA that the host had; tells whose contexts are of no more use. */
  ca?: string;
  /** Why it was left as it is: what was found there in place of anything of ours. */
  note?: string;
  /** URL of the API server that it ran, as its cluster's kubeconfigs list it. */
  server?: string;
  /** It ran an API server. */
  controlPlane: boolean;
  /** Other control planes go on without it. */
  clusterStays: boolean;
  seconds: number;
}

/** Takes back on one host everything that init or join made there, and its Node from the cluster if one answers. */
export function reset(ports: ClusterPorts, request: ResetRequest): Promise<ResetResult> {
  if (request.dryRun) return resetHost(ports, request);
  return withRun(ports, 'reset', (locked) => resetHost(locked, request));
}

async function resetHost(ports: ClusterPorts, request: ResetRequest): Promise<ResetResult> {
  const timeline = new Timeline();
  const host = await timeline.span('connect', request.target, () => ports.openHost(request.target));
  const [facts, journal, ca, caKey, kubelet, recordFile, notesFile, told, etcdManifest, ...more] =
    await host.inspect([
      { kind: 'facts' },
      { kind: 'journal' },
      { kind: 'file', path: certPath('ca'), content: true },
      { kind: 'file', path: keyPath('ca') },
      { kind: 'file', path: '/etc/kubernetes/kubelet.conf', content: true },
      { kind: 'file', path: RECORD_PATH, content: true },
      { kind: 'file', path: RESET_NOTES, content: true },
      { kind: 'file', path: CONTROL_PLANES, content: true },
      { kind: 'file', path: staticPodPath('etcd') },
      ...etcdCredentialQueries,
      ...SIGNS.map((path) => ({ kind: 'file', path }) as const),
      ...(request.onlyOf ? strangerQueries : []),
    ]);
  const node = request.node ?? facts.hostname.toLowerCase();
  const credentials = etcdCredentials(more.slice(0, etcdCredentialQueries.length));
  const signs = more.slice(etcdCredentialQueries.length) as FileState[];
  const strangers = more.slice(etcdCredentialQueries.length + SIGNS.length);
  const others = otherControlPlanes(told.content, node);
  const recorded = recordIn(recordFile.content);
  const leaving = { host, facts, name: node, recorded, others, credentials };
  const present = SIGNS.filter((_, index) => signs[index]?.type === 'file');
  const marks = { ca: ca.content, kubelet: kubelet.content, journal, signs: present, strangers };
  const owner = request.onlyOf && ownership(request.onlyOf, marks);
  if (owner?.whose === 'other cluster') throw otherCluster(host);
  const notes = readResetNotes(notesFile.content);
  const knownPaths = unknownPaths(journal, present);
  const foreign = foreignPaths(journal, present, Boolean(ca.content ?? kubelet.content));
  const ranEtcd = etcdManifest.type === 'file' || isWritten(journal, staticPodPath('etcd'));
  // Of a host whose journal is lost nobody can tell, but by what is recorded there.
  const withoutEtcd = recorded?.etcd.external !== undefined || !(ranEtcd || knownPaths.length > 0);
  const context = { host, journal, knownPaths, foreignPaths: foreign, notes, withoutEtcd };
  const controlPlane = caKey.type === 'file';
  const about = {
    node,
    controlPlane,
    clusterStays: false,
    ...serverOf(node, leaving.recorded),
    ...(ca.content ? { ca: ca.content.toString('utf8') } : {}),
  };
  if (owner?.whose === 'nobody') {
    const note = leftAlone(owner.found);
    const told = { ...about, ...(note ? { note } : {}), seconds: timeline.seconds };
    if (request.dryRun) return { ...told, plan: { host: host.name, phases: [] } };
    if (note) {
      const cure =
        'Is it another machine by now? Then correct its target; kubewright reset TARGET cleans the right one.';
      const text = `${host.name}: ${note}. ${cure}`;
      ports.reporter.emit({ type: 'message', level: 'warning', host: host.name, text });
    }
    await request.leave?.();
    return told;
  }
  const hooked = request.skipHooks
    ? { ...context, notes: { ...notes, beforeReset: [], afterReset: [] } }
    : context;
  const common = { host, phases: resetPhases, context: hooked, timeline };
  if (request.dryRun) return { ...about, plan: await planPhases(common), seconds: timeline.seconds };
  const { reporter, signal } = ports;
  const asked = await lockReset(ports, request, { host, ca: about.ca, controlPlane });
  const [first, ...rest] = resetPhases.map(({ name }) => name);
  const run = (names: string[]) =>
    runPhases({ ...common, phases: selectPhases(resetPhases, names), reporter, signal });
  // The hooks before it may still use the cluster.
  const before = await run([first!]);
  const leave = request.leave ?? (() => leaveCluster(ports, asked, node, about.ca));
  await timeline.span('leave', host.name, leave);
  about.clusterStays = await timeline.span('etcd', host.name, () =>
    leaveEtcdAsAsked(ports, leaving, request.etcd ?? 'leave'),
  );
  const after = await run(rest);
  if (controlPlane && !request.leave) about.clusterStays ||= await answersStill(asked, about.ca);
  const result = { ...after, changed: before.changed + after.changed };
  // After success nothing of ours stays on the host, the journal and the lock itself included.
  await ports.run?.forget(host);
  timeline.report(reporter);
  return { ...about, result, seconds: timeline.seconds };
}

function isWritten(journal: readonly JournalEntry[], path: string): boolean {
  return journal.some(({ target }) => target === path);
}

function serverOf(name: string, recorded: ClusterSpec | undefined): { server?: string } {
  const node = recorded?.hosts.find((host) => host.name === name);
  return recorded && node ? { server: localUrl(recorded, node) } : {};
}

/**
 * Whether there are others, the host itself may not know any more where a reset before this one was killed: then the
 * cluster answers for itself, whose API server is gone from here.
 */
async function answersStill(request: ResetRequest, ca: string | undefined): Promise<boolean> {
  try {
    const api = await request.api();
    return api !== undefined && (await isSameCluster(api, ca));
  } catch (error) {
    if (isUnreachable(error)) return false;
    throw error;
  }
}

/** The cluster forgets the node. Not being able to tell it is no reason to leave the host as it is. */
async function leaveCluster(
  ports: ClusterPorts,
  request: ResetRequest,
  node: string,
  ca: string | undefined,
): Promise<void> {
  try {
    const api = await request.api();
    if (!api || !(await isSameCluster(api, ca))) return;
    await deleteNode(api, node);
    await forgetHost(api, node);
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    const text = `the cluster could not be told that ${node} leaves: ${error instanceof Error ? error.message : error}`;
    ports.reporter.emit({ type: 'message', level: 'warning', text });
  }
}
