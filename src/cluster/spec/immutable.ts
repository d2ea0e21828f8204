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
  const fixed = FIXED.flatMap((path) => {
    const [wanted, has] = [valueAt(input, path), valueAt(recorded, path)];
    if (wanted === undefined || wanted === has) return [];
    return [{ path, message: `the cluster is recorded with ${has} and cannot be changed to ${wanted}` }];
  });
  return [...fixed, ...movedEtcd(written, recorded)];
}

/** What is stored in one would not be in the other. Endpoints of the same one may change: preflight looks at them. */
function movedEtcd({ etcd = {} }: ClusterSpecInput, recorded: ClusterSpec): Finding[] {
  const has = recorded.etcd.external;
  const local = Object.keys(etcd).find((field) => field !== 'external');
  if (etcd.external && !has) return [moved('external', 'on its control planes', 'one outside')];
  if (!etcd.external && has && local !== undefined)
    return [moved(local, `outside (${has.endpoints.join(', ')})`, 'one on its control planes')];
  return [];
}

function moved(field: string, from: string, to: string): Finding {
  const message = `the cluster is recorded with an etcd ${from} and cannot be moved to ${to}: nothing of what it holds would be there`;
  return { path: ['etcd', field], message, hint: 'that takes a new cluster' };
}
