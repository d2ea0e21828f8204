import { mapLimit } from '../base/concurrency.ts';
import type { Timeline } from '../engine/timeline.ts';
import type { DeclaredHost } from './declared/hosts.ts';
import type { ClusterPorts } from './ports.ts';
import { joinHosts, WIDTH } from './run-join.ts';
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
  const failures = new Map<string, unknown>();
  const ends = new Map<string, Promise<void>>();
  let all: Promise<unknown> = Promise.resolve();
  const prepare = async (spec: ClusterSpec, host: DeclaredHost): Promise<void> => {
    const request = { targets: [host], access: undefined, spec, ignorePreflightErrors: [], dryRun: false };
    const { failures: own } = await joinHosts(ports, {
      ...request,
      phases: EARLY[host.role],
      waitMs,
      timeline,
    });
    for (const { error } of own) failures.set(host.target, error);
  };
  return {
    begin: (spec) => {
      const starts = targets.map((host) => ({ host, ...Promise.withResolvers<void>() }));
      for (const { host, promise } of starts) ends.set(host.target, promise);
      all = mapLimit(starts, WIDTH, ({ host, resolve }) =>
        prepare(spec, host)
          .catch((error: unknown) => failures.set(host.target, error))
          .finally(resolve),
      );
    },
    ready: async (target) => {
      await ends.get(target);
      if (failures.has(target)) throw failures.get(target);
    },
    settled: async () => {
      await all;
    },
  };
}
