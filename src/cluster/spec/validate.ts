import type { Facts } from '../../host/port.ts';
import {
  type Cidr,
  containsAddress,
  hostBits,
  NODE_PREFIX,
  overlaps,
  parseCidr,
  parseCidrs,
} from './cidr.ts';
import { durationMs } from './duration.ts';
import type { ClusterSpec } from './types.ts';

/** What is wrong with fields that have to fit together, one sentence each; empty when all is well. */
export function crossFindings(spec: ClusterSpec): string[] {
  const { podSubnet, serviceSubnet } = spec.networking;
  const pods = parseCidrs(podSubnet) ?? [];
  const services = parseCidrs(serviceSubnet) ?? [];
  return [
    ...families('networking.podSubnet', podSubnet, pods),
    ...families('networking.serviceSubnet', serviceSubnet, services),
    ...pods.flatMap(podSize),
    ...services.flatMap(serviceSize),
    ...pods.flatMap((pod) =>
      services
        .filter((service) => overlaps(pod, service))
        .map(
          (service) =>
            `networking.podSubnet ${pod.text} overlaps networking.serviceSubnet ${service.text}; give one of them another range`,
        ),
    ),
    ...hostFindings(spec, pods, services),
    ...validityFindings(spec),
  ];
}

function families(field: string, given: string, cidrs: Cidr[]): string[] {
  if (cidrs.length <= 1 || (cidrs.length === 2 && cidrs[0]!.family !== cidrs[1]!.family)) return [];
  return [`${field} "${given}" must be one range, or one of IPv4 and one of IPv6`];
}

/** kube-controller-manager gives each node a /24 (IPv6: /64) and keeps a map of at most 16 bits of them. */
function podSize(cidr: Cidr): string[] {
  const node = NODE_PREFIX[cidr.family];
  if (cidr.prefix > node) {
    return [`networking.podSubnet ${cidr.text} is too small: each node gets a /${node} of it`];
  }
  if (node - cidr.prefix > 16) {
    return [`networking.podSubnet ${cidr.text} is too large: it may hold at most 65536 ranges of /${node}`];
  }
  return [];
}

/** kubeadm's limits: at least 10 addresses beyond the first, at most 2^20. */
function serviceSize(cidr: Cidr): string[] {
  if (hostBits(cidr) < 4)
    return [`networking.serviceSubnet ${cidr.text} is too small: at least 16 addresses are needed`];
  if (hostBits(cidr) > 20)
    return [`networking.serviceSubnet ${cidr.text} is too large: at most 2^20 addresses`];
  return [];
}

function hostFindings(spec: ClusterSpec, pods: Cidr[], services: Cidr[]): string[] {
  const findings: string[] = [];
  const names = new Set<string>();
  const addresses = new Map<string, string>();
  for (const host of spec.hosts) {
    if (names.has(host.name)) findings.push(`hosts: the name ${host.name} is given to two hosts`);
    names.add(host.name);
    if (!host.address) continue;
    const other = addresses.get(host.address);
    if (other) findings.push(`hosts: ${host.name} and ${other} have the same address ${host.address}`);
    addresses.set(host.address, host.name);
    for (const [field, cidr] of [
      ...pods.map((pod) => ['networking.podSubnet', pod] as const),
      ...services.map((service) => ['networking.serviceSubnet', service] as const),
    ]) {
      if (containsAddress(cidr, host.address)) {
        findings.push(`${field} ${cidr.text} contains the address of host ${host.name}, ${host.address}`);
      }
    }
  }
  return findings;
}

function validityFindings(spec: ClusterSpec): string[] {
  if (durationMs(spec.certificateValidity) <= durationMs(spec.caCertificateValidity)) return [];
  return ['certificateValidity is longer than caCertificateValidity: a certificate cannot outlive its CA'];
}

/** Interfaces that a cluster's own network makes; their routes are no conflict. */
const OWN_INTERFACES = /^(cni0|cbr0|flannel[.\d]*|flannel-v6\.\d+|kube-|veth|nodelocaldns)/;

/**
 * Routes of a host (as in `ip route`: `10.244.1.0/24 via 10.0.0.2 dev eth0`) that the cluster's ranges would hide.
 * Routes over the cluster's own interfaces, and to its own hosts, are what an earlier run made.
 */
export function routeFindings(spec: ClusterSpec, facts: Pick<Facts, 'routes'>): string[] {
  const ours = new Set(spec.hosts.map((host) => host.address));
  const ranges = (['podSubnet', 'serviceSubnet'] as const).flatMap((field) =>
    (parseCidrs(spec.networking[field]) ?? []).map((cidr) => ({ field, cidr })),
  );
  return facts.routes.flatMap((route) => {
    const words = route.trim().split(/\s+/);
    const after = (word: string) => words[words.indexOf(word) + 1];
    const device = words.includes('dev') ? after('dev')! : '';
    const gateway = words.includes('via') ? after('via')! : '';
    const destination = words.find((word) => /^[\da-f.:]+(\/\d+)?$/i.test(word) && /[.:]/.test(word));
    if (words[0] === 'default' || !destination || OWN_INTERFACES.test(device) || ours.has(gateway)) return [];
    const full = destination.includes('/')
      ? destination
      : `${destination}/${destination.includes(':') ? 128 : 32}`;
    const target = parseCidr(full);
    if (!target || target.prefix === 0) return [];
    return ranges
      .filter(({ cidr }) => overlaps(cidr, target))
      .map(
        ({ field, cidr }) =>
          `networking.${field} ${cidr.text} overlaps the host's route to ${target.text}${device ? ` over ${device}` : ''}`,
      );
  });
}
