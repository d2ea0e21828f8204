import type { Host } from '../../host/port.ts';
import type { ClusterPorts } from '../ports.ts';
import { requireRecord } from '../record.ts';
import type { ResetRequest } from '../run-reset.ts';
import { isSameCluster } from '../same-cluster.ts';
import { isUnreachable } from '../steps/objects.ts';
import { knownControlPlanes } from './lock-seed.ts';
import type { RunLock } from './run-lock.ts';
import { controlPlanesOf } from './with-run.ts';

/**
 * Before a host is reset: its lock, and that of its cluster where that can be found; a host is reset without it as well.
 * Gives the request whose access to the cluster writes only while the lock is held.
 */
export async function lockReset(
  ports: ClusterPorts,
  request: ResetRequest,
  about: { host: Host; ca: string | undefined; controlPlane: boolean },
): Promise<ResetRequest> {
  const { run } = ports;
  if (!run) return request;
  if (!run.holdsCluster) await lockCluster(ports, run, request, about);
  await run.hold(about.host);
  return {
    ...request,
    api: async () => {
      const api = await request.api();
      return api && run.fence(api);
    },
  };
}

async function lockCluster(
  ports: ClusterPorts,
  run: RunLock,
  request: ResetRequest,
  { host, ca, controlPlane }: { host: Host; ca: string | undefined; controlPlane: boolean },
): Promise<void> {
  if (controlPlane) return run.cluster(await knownControlPlanes(ports, host, request.target));
  try {
    const api = await request.api();
    if (!api || !(await isSameCluster(api, ca))) return;
    await run.cluster(controlPlanesOf(ports, (await requireRecord(api)).hosts));
  } catch (error) {
    if (!isUnreachable(error)) throw error;
  }
}
