import { KubewrightError } from '../base/errors.ts';
import type { Host } from '../host/port.ts';
import { apiThrough, componentThrough, once } from './api-access.ts';
import type { ClusterToJoin, JoinControlPlaneContext } from './context.ts';
import { announcement } from './etcd/announce.ts';
import { findExternalEtcd } from './etcd/external.ts';
import { Seat } from './etcd/seat.ts';
import { findPeer, type Peer } from './peer.ts';
import { pkiContext } from './pki/context.ts';
import { PkiSession } from './pki/session.ts';
import { refuseOtherKeys, type SharedFiles, sharedFiles, sharedQueries } from './pki/shared.ts';
import { foundQueries, type JoinRun, prepareNode } from './prepare-join.ts';
import { runIdentity } from './run-identity.ts';
import type { JoinTarget } from './run-join.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';

/** What a further control plane is made with. Once its own API server answers, everything goes through that one. */
export async function prepareControlPlane(
  run: JoinRun,
  cluster: ClusterToJoin,
  target: JoinTarget,
  host: Host,
): Promise<JoinControlPlaneContext> {
  const { ports } = run;
  const [facts, kubeletConf, apiServer, ...answers] = await host.inspect([...foundQueries, ...sharedQueries]);
  const context = await prepareNode(run, cluster, target, { host, facts, kubeletConf, apiServer });
  const { node } = context;
  const peer = await peerOf(run, cluster.spec);
  const stacked = context.spec.etcd.external === undefined;
  if (peer && stacked && !run.request.phases) await refuseStale(host, context.spec, node, peer);
  const shared: SharedFiles = peer?.shared ?? new Map();
  refuseOtherKeys(host.name, sharedFiles(answers, context.spec), shared);
  const others = context.spec.hosts.filter(({ name }) => name !== node.name);
  const spec = { ...context.spec, hosts: [...others, node] };
  const pki = new PkiSession(host, pkiContext(spec, node, { now: ports.now(), superAdmin: false }), shared);
  return {
    ...context,
    spec,
    externalEtcd: await findExternalEtcd(ports, host, { spec, node, cluster: peer?.credentials }),
    pki,
    shared,
    etcd: peer?.etcd,
    turn: run.etcd.turn(),
    seat: new Seat(runIdentity(`join ${node.name}`)),
    api: once(async () => apiThrough(ports, host, spec, node, await pki.administrator('admin.conf'))),
    component: (server) => componentThrough(ports, host, server),
  };
}

/** With data of etcd that is no member's any more: it was removed while it was away, and comes back as it was. */
async function refuseStale(
  host: Host,
  { etcd }: ClusterSpec,
  node: NodeSpec,
  peer: Pick<Peer, 'etcd'>,
): Promise<void> {
  const [names] = await host.inspect([{ kind: 'list', path: `${etcd.dataDir}/member/wal` }]);
  announcement(
    await peer.etcd.members(),
    node,
    names.some((name) => name.endsWith('.wal')),
  );
}

/** Looked for once a run. None in the plan of a cluster that is to be made. */
async function peerOf(run: JoinRun, spec: ClusterSpec): Promise<Peer | undefined> {
  const { access, targets } = run.request;
  if (!access) return undefined;
  if ('token' in access) {
    throw new KubewrightError({
      code: 'ControlPlaneByToken',
      message: 'A control plane cannot join with a token: it needs keys that no token gives.',
      hint: "Join it with administrator's access, or through a control plane with --via HOST.",
      exit: 'usage',
    });
  }
  const joining = targets.flatMap(({ target, name }) => (name === undefined ? [target] : [target, name]));
  run.peer ??= findPeer(run.ports, spec, access, joining);
  return run.peer;
}
