import type { Facts, Host } from '../host/port.ts';
import { clusterArtifacts } from './artifacts.ts';
import { deadlines, type NodeContext } from './context.ts';
import { nodeEnvironment } from './manifests/proxy.ts';
import type { ClusterPorts } from './ports.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';

interface Known {
  spec: ClusterSpec;
  node: NodeSpec;
  host: Host;
  facts: Facts;
}

/** What the phases of all workflows work with alike. */
export async function commonContext(
  ports: ClusterPorts,
  { spec, node, host, facts }: Known,
  waitMs: number | undefined,
): Promise<Omit<NodeContext, 'ca' | 'api'>> {
  const environment = nodeEnvironment(spec, node, facts);
  // A node that is of no cluster yet may have no address that it could advertise.
  const from = { host, facts, address: node.address || host.address };
  const { binaries, images } = await clusterArtifacts(ports, facts.arch, spec, environment, from);
  const { reporter, secret, shares } = ports;
  return {
    ...{ spec, node, host, facts, binaries, images, reporter, secret, shares },
    told: ports.checked?.told,
    waitMs: deadlines(spec, waitMs),
  };
}
