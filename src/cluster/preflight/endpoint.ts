import type { Seen } from '../../engine/seen.ts';
import type { Query } from '../../host/port.ts';
import { isAddress } from '../spec/cidr.ts';
import type { ClusterSpec } from '../spec/types.ts';
import type { Finding } from './finding.ts';
import { finding } from './machine.ts';

/** Only where nothing in /etc/hosts is to resolve it. */
export function endpointLook(spec: ClusterSpec): Query[] {
  return isResolvedOutside(spec) ? [query(spec)] : [];
}

function isResolvedOutside({ endpoint }: ClusterSpec): boolean {
  return endpoint.balancer === 'external' && !isAddress(endpoint.name);
}

/** How getent(1) ends where there is no such name. */
const NOT_FOUND = 2;

/** By the host's own resolver, whatever that is made of. */
function query({ endpoint }: ClusterSpec) {
  return { kind: 'run' as const, argv: ['getent', 'ahosts', endpoint.name] };
}

export function endpointFindings(seen: Seen, spec: ClusterSpec): Finding[] {
  if (!isResolvedOutside(spec) || seen.run(query(spec).argv).exit !== NOT_FOUND) return [];
  const { name } = spec.endpoint;
  return [
    finding(
      'ControlPlaneEndpoint',
      `the control-plane endpoint ${name} does not resolve on this host`,
      `have ${name} lead to the load balancer in DNS or in /etc/hosts, or set endpoint.balancer: node`,
    ),
  ];
}
