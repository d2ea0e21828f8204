import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import type { ClusterSpecInput } from '../../../src/cluster/spec/types.ts';
import type { Facts } from '../../../src/host/port.ts';

/** The cluster of test/golden/config.yaml. */
export function exampleSpec(input: ClusterSpecInput = {}) {
  const spec = resolveSpec({
    certSANs: ['api.example.com', '192.0.2.7'],
    hosts: [{ name: 'cp1', role: 'control-plane', address: '192.168.77.11' }],
    ...input,
  });
  return { spec, node: spec.hosts[0]! };
}

export const facts: Pick<Facts, 'hostname' | 'cgroupVersion' | 'init' | 'features'> = {
  hostname: 'cp1',
  cgroupVersion: 2,
  init: 'systemd',
  features: { systemdResolved: true, bridgeNetfilter: true },
};
