import type { Host } from '../../host/port.ts';
import { dataLost } from '../etcd/lost-data.ts';
import { otherControlPlanes } from '../other-control-planes.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';

/**
 * init starts an etcd where there is none. On the control plane that init made, with its data gone and others in the
 * cluster since, that would be a second cluster beside theirs, whatever is left of its manifest.
 */
export async function refuseLostEtcd(
  host: Host,
  { spec, node, told }: { spec: ClusterSpec; node: NodeSpec; told: Buffer | undefined },
): Promise<void> {
  const others = otherControlPlanes(told, node.name).map(({ name }) => name);
  if (others.length === 0 || spec.etcd.external) return;
  const [names] = await host.inspect([{ kind: 'list', path: `${spec.etcd.dataDir}/member/wal` }]);
  if (names.some((name) => name.endsWith('.wal'))) return;
  const what = `with ${others.join(', ')} in the cluster, init would begin a second one; nothing was changed.`;
  throw dataLost(host, what, others);
}
