import type { ClusterPorts } from '../../src/cluster/ports.ts';
import type { Host } from '../../src/host/port.ts';
import { silent } from '../../src/output/events.ts';

/** Ports of a world of these hosts alone: nothing is in the artifact store, and no API server answers. */
export function clusterPorts(
  openHost: (target: string) => Promise<Host>,
  more: Partial<ClusterPorts> = {},
): ClusterPorts {
  return {
    openHost,
    labDefaults: async () => undefined,
    secret: async () => undefined,
    localFile: async () => undefined,
    apiClient: () => {
      throw new Error('there is no API server here');
    },
    artifacts: async (choice) => ({
      choice,
      store: { hostFiles: async () => [], images: async () => [] },
    }),
    reporter: silent,
    signal: new AbortController().signal,
    now: () => new Date('2026-01-01T00:00:00Z'),
    ...more,
  };
}
