import type { ClusterSpec, ClusterSpecInput } from './types.ts';

/** What every node, certificate and Service of a cluster is built on. Another value needs another cluster, or an upgrade. */
const FIXED: readonly [field: string, of: (spec: ClusterSpecInput) => unknown][] = [
  ['kubernetesVersion', (spec) => spec.kubernetesVersion?.replace(/^v?/, 'v')],
  ['networking.podSubnet', (spec) => spec.networking?.podSubnet],
  ['networking.serviceSubnet', (spec) => spec.networking?.serviceSubnet],
  ['networking.dnsDomain', (spec) => spec.networking?.dnsDomain],
  ['networking.cni', (spec) => spec.networking?.cni],
  ['endpoint.name', (spec) => spec.endpoint?.name],
  ['endpoint.port', (spec) => spec.endpoint?.port],
  ['encryptionAlgorithm', (spec) => spec.encryptionAlgorithm],
  ['imageRepository', (spec) => spec.imageRepository],
];

/** Fields that were written with another value than the recorded cluster has. Converging to them would break it. */
export function fixedFindings(written: ClusterSpecInput, recorded: ClusterSpec): string[] {
  return FIXED.flatMap(([field, of]) => {
    const [wanted, has] = [of(written), of(recorded)];
    if (wanted === undefined || wanted === has) return [];
    return [`${field}: the cluster is recorded with ${has} and cannot be changed to ${wanted}`];
  });
}
