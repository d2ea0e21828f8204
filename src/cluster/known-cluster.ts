import { KubewrightError } from '../base/errors.ts';
import type { FileState } from '../host/port.ts';
import { etcdCredentialQueries, etcdCredentials } from './etcd/credentials.ts';
import { externalAway } from './etcd/external-away.ts';
import { lostMajority } from './etcd/lost-majority.ts';
import { etcdThrough, ownEntry } from './etcd/reach.ts';
import type { ClusterPorts } from './ports.ts';
import { type ClusterAccess, RECORD_PATH, recordIn, requireRecord } from './record.ts';
import type { ClusterSpec } from './spec/types.ts';

/** The cluster's record. Through a control plane it is seen, too, that an API server says nothing for want of etcd. */
export async function knownCluster(
  ports: Pick<ClusterPorts, 'apiClient'>,
  access: ClusterAccess,
): Promise<ClusterSpec> {
  try {
    return await requireRecord(access.api);
  } catch (error) {
    if (!(error instanceof KubewrightError) || error.code === 'NoClusterRecord') throw error;
    throw (await whyNot(ports, access)) ?? error;
  }
}

async function whyNot(
  ports: Pick<ClusterPorts, 'apiClient'>,
  { through }: ClusterAccess,
): Promise<KubewrightError | undefined> {
  if (!through) return undefined;
  const { host, node } = through;
  const [file, ...answers] = await host.inspect([
    { kind: 'file', path: RECORD_PATH, content: true },
    ...etcdCredentialQueries,
  ]);
  const recorded = recordIn((file as FileState).content);
  if (recorded?.etcd.external) return externalAway(ports, host, recorded, node);
  const credentials = etcdCredentials(answers);
  return credentials && lostMajority('this cluster', etcdThrough(ports, host, ownEntry(node), credentials));
}
