import { type Finding, valueAt } from './findings.ts';
import type { ClusterSpec, ClusterSpecInput } from './types.ts';

/** What every node, certificate and Service of a cluster is built on. Another value needs another cluster, or an upgrade. */
export const FIXED: readonly (readonly string[])[] = [
  ['kubernetesVersion'],
  ['networking', 'podSubnet'],
  ['networking', 'serviceSubnet'],
  ['networking', 'dnsDomain'],
  ['networking', 'cni'],
  ['endpoint', 'name'],
  ['endpoint', 'port'],
  ['encryptionAlgorithm'],
  ['imageRepository'],
  ['etcd', 'dataDir'],
];

/** Fields that were written with another value than the recorded cluster has. Converging to them would break it. */
export function fixedFindings(written: ClusterSpecInput, recorded: ClusterSpec): Finding[] {
  const input = { ...written, kubernetesVersion: written.kubernetesVersion?.replace(/^v?/, 'v') };
  return FIXED.flatMap((path) => {
    const [wanted, has] = [valueAt(input, path), valueAt(recorded, path)];
    if (wanted === undefined || wanted === has) return [];
    return [{ path, message: `the cluster is recorded with ${has} and cannot be changed to ${wanted}` }];
  });
}
