import type { HostFile } from './paths.ts';
import { textTemplate } from './template.ts';

/** Number by which our routes are known from others' (iproute2: `proto NUMBER`); none of rt_protos. */
export const ROUTE_PROTOCOL = 157;

export const ROUTES_UNIT = 'kubewright-routes.service';

export interface PodRoute {
  /** `10.244.1.0/24` */
  destination: string;
  /** Address of the node that has it. */
  gateway: string;
}

/** The routes of one host and the unit that sets them now and after each boot. */
export function routeFiles(routes: readonly PodRoute[]): HostFile[] {
  const unit = `/etc/systemd/system/${ROUTES_UNIT}`;
  const lines = routes.map(({ destination, gateway }) => `${destination} ${gateway}\n`).toSorted();
  return [
    { path: '/etc/kubernetes/kubewright/routes', mode: 0o644, content: lines.join('') },
    { path: unit, mode: 0o644, content: textTemplate(`host${unit}`) },
  ];
}
