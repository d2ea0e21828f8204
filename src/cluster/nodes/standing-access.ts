import { KubewrightError } from '../../base/errors.ts';
import { openNode } from '../open-node.ts';
import type { ClusterPorts } from '../ports.ts';
import type { ClusterAccess } from '../record.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { controlPlaneAccess } from '../via.ts';

/**
 * The cluster through a control plane that stays: the API server that the kubeconfig or --via names may be on a host that
 * goes. What was given, where none that stays can be logged in to, or no control plane goes.
 */
export async function standingAccess(
  ports: ClusterPorts,
  spec: ClusterSpec,
  gone: readonly NodeSpec[],
  given: ClusterAccess,
): Promise<ClusterAccess> {
  const goes = (node: NodeSpec) => gone.some(({ name }) => name === node.name);
  if (!gone.some(({ role }) => role === 'control-plane')) return given;
  if (given.through && !goes(given.through.node)) return given;
  for (const node of spec.hosts.filter((host) => host.role === 'control-plane' && !goes(host))) {
    try {
      const { host } = await openNode(ports, node);
      const access = await controlPlaneAccess(ports, host.name);
      // It has to answer, and one of another cluster must not be spoken to.
      if (access.ca.trim() !== given.ca.trim()) continue;
      await access.api.request({ path: '/readyz', timeoutMs: 10_000 });
      return access;
    } catch (error) {
      ports.signal.throwIfAborted();
      if (!(error instanceof KubewrightError)) throw error;
    }
  }
  return given;
}
