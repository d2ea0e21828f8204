import type { Host } from '../../host/port.ts';
import type { ClusterPorts } from '../ports.ts';

/** The same ports, with one connection to each host however many parts of a run ask for it. */
export function sharedHosts(ports: ClusterPorts): ClusterPorts {
  const opened = new Map<string, Promise<Host>>();
  return {
    ...ports,
    openHost: (target) => {
      const host = opened.get(target) ?? ports.openHost(target);
      opened.set(target, host);
      return host;
    },
  };
}
