import type { Facts } from '../../host/port.ts';
import { type Family, parseAddress, parseCidrs } from '../spec/cidr.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';

/**
 * The kubelet's --node-ip: what the user says, otherwise the advertised address, and in a cluster of both families
 * the other family's first address on the same interface, where it has one.
 */
export function nodeIp(
  spec: ClusterSpec,
  node: Pick<NodeSpec, 'address' | 'nodeAddress'>,
  { addresses = [] }: Partial<Pick<Facts, 'addresses'>>,
): string {
  if (node.nodeAddress) return node.nodeAddress;
  const family = parseAddress(node.address)?.family;
  const other = families(spec).find((wanted) => wanted !== family);
  const link = addresses.find(({ address }) => address === node.address)?.interface;
  const second = addresses.find(
    (found) => found.interface === link && parseAddress(found.address)?.family === other,
  );
  return second && link !== undefined ? `${node.address},${second.address}` : node.address;
}

function families(spec: ClusterSpec): Family[] {
  return (parseCidrs(spec.networking.podSubnet) ?? []).map(({ family }) => family);
}
