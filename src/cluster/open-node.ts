import type { Facts, Host } from '../host/port.ts';
import type { ClusterPorts } from './ports.ts';
import type { NodeSpec } from './spec/types.ts';

/** What was recorded as `local` was local to the machine that ran init: from any other it goes by its name. */
export async function openNode(
  ports: ClusterPorts,
  node: Pick<NodeSpec, 'name' | 'target' | 'address'>,
): Promise<{ host: Host; facts: Facts }> {
  const host = await ports.openHost(node.target ?? node.address);
  const [facts] = await host.inspect([{ kind: 'facts' }]);
  const itself = node.target !== 'local' || facts.addresses.some(({ address }) => address === node.address);
  return itself ? { host, facts } : openNode(ports, { ...node, target: node.name });
}
