import type { Timeline } from '../engine/timeline.ts';
import type { DeclaredHost } from './declared/hosts.ts';
import { mapHosts } from './map-hosts.ts';
import type { ClusterPorts } from './ports.ts';
import { joinHosts } from './run-join.ts';
import type { ClusterSpec } from './spec/types.ts';

/** What a host can be given before there is a cluster to join; join finds it done. */
const WORKER = ['preflight', 'before-join', 'host', 'runtime', 'kubelet-install', 'images'];
const EARLY = { worker: WORKER, 'control-plane': [...WORKER, 'images-control-plane'] };

interface Early {
  /** Called once what the cluster will be is known. */
  begin(spec: ClusterSpec): void;
  /** Ends when the host is prepared, or fails as that failed. */
  ready(target: string): Promise<void>;
  /** Ends when nothing is under way any more; never fails. */
  settled(): Promise<void>;
}

/** In a new cluster: the other hosts get runtime, executables and images while the first control plane comes up. */
export function earlyHosts(
  ports: ClusterPorts,
  targets: readonly DeclaredHost[],
  { waitMs, timeline }: { waitMs: number | undefined; timeline: Timeline },
): Early {
  const ends = new Map<string, Promise<void>>();
  const prepare = async (spec: ClusterSpec, host: DeclaredHost): Promise<void> => {
    const request = { targets: [host], access: undefined, spec, ignorePreflightErrors: [], dryRun: false };
    const phases = EARLY[host.role];
    const { failures } = await joinHosts(ports, { ...request, phases, waitMs, timeline });
    for (const { error } of failures) throw error;
  };
  return {
    begin: (spec) => {
      const starts = targets.map((host) => ({ host, ...Promise.withResolvers<void>() }));
      for (const { host, promise } of starts) {
        ends.set(host.target, promise);
        // Told by `ready`; where that is never asked, the run has failed by itself.
        promise.catch(() => undefined);
      }
      void mapHosts(starts, ({ host, resolve, reject }) => prepare(spec, host).then(resolve, reject));
    },
    ready: async (target) => ends.get(target),
    settled: async () => {
      await Promise.allSettled(ends.values());
    },
  };
}
