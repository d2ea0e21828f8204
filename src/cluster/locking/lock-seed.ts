import type { Host } from '../../host/port.ts';
import { CONTROL_PLANES, otherControlPlanes } from '../other-control-planes.ts';
import type { ClusterPorts } from '../ports.ts';
import { RECORD_PATH, recordIn } from '../record.ts';
import type { LockNode } from './run-lock.ts';
import { controlPlanesOf } from './with-run.ts';

/** Before `init` works on a host: its lock, and that of the cluster which the host may be a control plane of. */
export async function lockSeed(ports: ClusterPorts, host: Host, target: string): Promise<void> {
  if (!ports.run) return;
  if (ports.run.holdsCluster) return ports.run.hold(host);
  await ports.run.cluster(await knownControlPlanes(ports, host, target));
}

/** As a control plane's own files have them; alone with itself where it has none. */
export async function knownControlPlanes(
  ports: ClusterPorts,
  host: Host,
  target: string,
): Promise<LockNode[]> {
  const [facts, record, told] = await host.inspect([
    { kind: 'facts' },
    { kind: 'file', path: RECORD_PATH, content: true },
    { kind: 'file', path: CONTROL_PLANES, content: true },
  ]);
  const hosts = recordIn(record.content)?.hosts ?? [];
  const own = hosts.find((known) => known.target === target)?.name ?? facts.hostname.toLowerCase();
  const others = otherControlPlanes(told.content, own).map(
    (other) => hosts.find(({ name }) => name === other.name) ?? { ...other, role: 'control-plane' as const },
  );
  return [{ name: own, open: async () => host }, ...controlPlanesOf(ports, others)];
}
