import { KubewrightError } from '../base/errors.ts';
import type { Host } from '../host/port.ts';
import type { EtcdClient } from './etcd/client.ts';
import { credentialQueriesOf, type EtcdCredentials, etcdCredentials } from './etcd/credentials.ts';
import { lostMajority } from './etcd/lost-majority.ts';
import { etcdEntries, etcdThrough } from './etcd/reach.ts';
import { openNode } from './open-node.ts';
import { isSameCa } from './pki/hash.ts';
import { missingShared, type SharedFiles, sharedFiles, sharedQueries } from './pki/shared.ts';
import { certPath } from './pki/table.ts';
import type { ClusterPorts } from './ports.ts';
import type { ClusterAccess } from './record.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';

/** A control plane that others join through: it has the cluster's keys, and its etcd answers. */
export interface Peer {
  host: Host;
  shared: SharedFiles;
  etcd: EtcdClient;
  /** With which it is spoken to. */
  credentials: EtcdCredentials;
}

/**
 * The first of the cluster's control planes that can be worked through; those that are to join themselves come last,
 * for they may be half there. Throws NoControlPlane with what is wrong with each.
 */
export async function findPeer(
  ports: ClusterPorts,
  spec: ClusterSpec,
  access: ClusterAccess,
  joining: readonly string[],
): Promise<Peer> {
  const known = spec.hosts.filter(({ role }) => role === 'control-plane');
  const isJoining = ({ name, target }: NodeSpec) => joining.includes(name) || joining.includes(target ?? '');
  const candidates = [
    ...(access.through ? [access.through] : []),
    ...known.filter((node) => !isJoining(node)).map((node) => ({ node, host: undefined })),
    ...known.filter(isJoining).map((node) => ({ node, host: undefined })),
  ];
  const failures: KubewrightError[] = [];
  for (const { node, host } of candidates) {
    try {
      return await peerAt(ports, spec, node, host ?? (await openNode(ports, node)).host, access.ca);
    } catch (error) {
      if (!(error instanceof KubewrightError)) throw error;
      failures.push(error);
    }
  }
  const lost = failures.find(({ code }) => code === 'EtcdMajorityLost');
  if (lost) throw lost;
  throw new KubewrightError({
    code: 'NoControlPlane',
    message: `None of the control planes of ${spec.name} can be worked through:\n${failures.map(({ message }) => `- ${message}`).join('\n')}`,
    hint: 'Their keys and their etcd are needed. Name one that can be reached with --via HOST.',
    exit: 'hostUnreachable',
    cause: new AggregateError(failures),
  });
}

async function peerAt(
  ports: ClusterPorts,
  spec: ClusterSpec,
  node: NodeSpec,
  host: Host,
  ca: string,
): Promise<Peer> {
  const answers = await host.inspect([...sharedQueries, ...credentialQueriesOf(spec)]);
  const shared = sharedFiles(answers, spec);
  const missing = missingShared(shared, spec);
  if (missing.length > 0) throw unfit(host, `has no ${missing.join(', ')}`);
  if (!isSameCa(shared.get(certPath('ca'))?.toString(), ca))
    throw unfit(host, 'has the CA of another cluster');
  const credentials = etcdCredentials(answers.slice(sharedQueries.length));
  if (!credentials) throw unfit(host, 'has no client certificate for etcd');
  const etcd = etcdThrough(ports, host, etcdEntries(spec, node)[0]!, credentials);
  // Of one outside, nobody here is a member: the host that joins looks at it itself.
  if (spec.etcd.external) return { host, shared, etcd, credentials };
  await etcd.members().catch(async (error: unknown) => {
    throw (await lostMajority(spec.name, etcd)) ?? error;
  });
  return { host, shared, etcd, credentials };
}

function unfit(host: Host, why: string): KubewrightError {
  return new KubewrightError({
    code: 'ControlPlaneUnfit',
    message: `${host.name} ${why}`,
    host: host.name,
    exit: 'step',
  });
}
