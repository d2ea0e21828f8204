import { knownCluster } from '../known-cluster.ts';
import type { ClusterPorts } from '../ports.ts';
import type { ClusterAccess } from '../record.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { controlPlanesOf } from './with-run.ts';

/** The cluster as it is recorded: under its lock, and with access that writes only while that is held, in a run. */
export async function lockedAccess(
  ports: ClusterPorts,
  given: ClusterAccess,
): Promise<{ spec: ClusterSpec; access: ClusterAccess }> {
  const spec = await knownCluster(ports, given);
  if (!ports.run) return { spec, access: given };
  await ports.run.cluster(controlPlanesOf(ports, spec.hosts, given.through));
  // Another run may have ended just before.
  return {
    spec: await knownCluster(ports, given),
    access: { ...given, api: ports.run.fence(given.api) },
  };
}
