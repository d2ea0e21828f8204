import type { Facts } from '../../host/port.ts';
import { containsAddress, parseCidr } from '../spec/cidr.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';

type Environment = Record<string, string>;
type AddressFacts = Partial<Pick<Facts, 'addresses'>>;

/**
 * The variables by which programs find the proxy, in both spellings (kubeadm copies whatever ends in _proxy). None
 * where no proxy is set. `direct`: addresses and ranges that are reached without it, beside the cluster's own.
 */
export function proxyEnvironment(spec: ClusterSpec, direct: readonly string[]): Environment {
  const { http, https } = spec.proxy;
  if (!http && !https) return {};
  const variables = {
    ...(http ? { HTTP_PROXY: http } : {}),
    ...(https ? { HTTPS_PROXY: https } : {}),
    NO_PROXY: noProxy(spec, direct).join(','),
  };
  const lower = Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value]);
  return { ...variables, ...Object.fromEntries(lower) };
}

/** The API server speaks to every kubelet. */
export function controlPlaneEnvironment(spec: ClusterSpec, ranges: readonly string[]): Environment {
  return proxyEnvironment(spec, [...ranges, ...outside(spec.hosts, ranges)]);
}

/** containerd and the kubelet of a host speak to API servers and to themselves; its own variables come over these. */
export function nodeEnvironment(spec: ClusterSpec, node: NodeSpec, facts: AddressFacts): Environment {
  const ranges = localRanges(node, facts);
  const peers = spec.hosts.filter(({ name, role }) => role === 'control-plane' && name !== node.name);
  return {
    ...proxyEnvironment(spec, [...ranges, ...outside([node, ...peers], ranges)]),
    ...node.environment,
  };
}

/** The networks that a node's own addresses lie in. Most hosts do, so that nothing changes when one joins. */
export function localRanges(node: NodeSpec, { addresses = [] }: AddressFacts): string[] {
  const own = addressesOf(node);
  return addresses.flatMap(({ address, prefix }) => {
    const range = own.includes(address) ? parseCidr(`${address}/${prefix}`) : undefined;
    return range ? [range.text] : [];
  });
}

function outside(hosts: readonly NodeSpec[], ranges: readonly string[]): string[] {
  const known = ranges.flatMap((range) => parseCidr(range) ?? []);
  return hosts
    .flatMap(addressesOf)
    .filter((address) => !known.some((range) => containsAddress(range, address)))
    .sort();
}

function addressesOf({ address, nodeAddress }: NodeSpec): string[] {
  return [address, ...(nodeAddress?.split(',') ?? [])].filter(Boolean);
}

/** What goes direct always; Go reads addresses, ranges, names, and suffixes with a dot in front. */
function noProxy(spec: ClusterSpec, direct: readonly string[]): string[] {
  const { podSubnet, serviceSubnet, dnsDomain } = spec.networking;
  const entries = [
    ...['localhost', '127.0.0.0/8', '::1'],
    ...podSubnet.split(','),
    ...serviceSubnet.split(','),
    ...['.svc', `.${dnsDomain}`, spec.endpoint.name],
    ...direct,
    ...spec.proxy.noProxy,
  ];
  return [...new Set(entries)];
}
