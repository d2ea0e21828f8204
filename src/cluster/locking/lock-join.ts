import type { JoinAccess } from '../join-source.ts';
import { knownCluster } from '../known-cluster.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { controlPlanesOf, type LockedPorts } from './with-run.ts';

/**
 * Before hosts join: the cluster's lock, by its record; with a token alone nobody may ask for that, and each host's own
 * has to do. Gives the access that writes only while the lock is held.
 */
export async function lockJoin(
  ports: LockedPorts,
  { access, spec }: { access: JoinAccess | undefined; spec?: ClusterSpec },
): Promise<JoinAccess | undefined> {
  if (!access || 'token' in access) return access;
  if (ports.run.holdsCluster) return access;
  const { hosts } = spec ?? (await knownCluster(ports, access));
  await ports.run.cluster(controlPlanesOf(ports, hosts, access.through));
  return { ...access, api: ports.run.fence(access.api) };
}
