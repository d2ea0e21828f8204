import { sharedHosts } from './declared/shared-hosts.ts';
import { mapHosts } from './map-hosts.ts';
import type { ClusterPorts } from './ports.ts';
import { sameHostname } from './preflight/among.ts';
import { preflightError } from './preflight/finding.ts';
import type { ClusterRequest } from './run-cluster.ts';
import type { ClusterSpecInput, NodeSpecInput } from './spec/types.ts';

/**
 * `init HOST HOST HOST` as the cluster file that it stands for: all of them control planes, under the names that they
 * have. Asks each host for its name; changes nothing. The ports that come back have the connections open.
 */
export async function declareHosts(
  given: ClusterPorts,
  spec: ClusterSpecInput,
  targets: readonly string[],
  ignorePreflightErrors: string[],
): Promise<{ ports: ClusterPorts; request: Pick<ClusterRequest, 'spec' | 'pruneHosts'> }> {
  const ports = sharedHosts(given);
  const hosts = await mapHosts(targets, async (target): Promise<NodeSpecInput> => {
    const host = await ports.openHost(target);
    const [facts] = await host.inspect([{ kind: 'facts' }]);
    return { name: facts.hostname.toLowerCase(), role: 'control-plane', target, ignorePreflightErrors };
  });
  for (const [index, { name, target }] of hosts.entries()) {
    const twin = hosts.slice(0, index).find((other) => other.name === name);
    if (twin) throw preflightError(target!, [sameHostname(name, twin.target!)]);
  }
  return { ports, request: { spec: { ...spec, hosts }, pruneHosts: false } };
}
