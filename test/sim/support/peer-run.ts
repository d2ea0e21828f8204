import type { ImageArtifact } from '../../../src/artifacts/port.ts';
import type { ClusterPorts } from '../../../src/cluster/ports.ts';
import { type HostFailure, type JoinResult, joinHosts } from '../../../src/cluster/run-join.ts';
import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import type { HostBinary } from '../../../src/cluster/steps/binary.ts';
import { parseFault } from '../../../src/host/fault.ts';
import type { Host } from '../../../src/host/port.ts';
import { openHost } from '../../../src/host/session.ts';
import { connectSsh } from '../../../src/host/ssh/connect.ts';
import type { Reporter } from '../../../src/output/events.ts';
import { clusterPorts } from '../../fakes/cluster-ports.ts';
import { hostFiles, loginOf, nobody } from './cluster-hosts.ts';

/** Bytes of each artifact. */
export const SIZE = 1_500_000;

export interface PeerRun {
  /** The laptop's. */
  home: string;
  /** By the hosts' names. */
  hosts: Record<string, { address: string; port: number }>;
}

interface PeerWork {
  binaries: HostBinary[];
  images: ImageArtifact[];
  reporter: Reporter;
  /** What a host waits for before it begins. */
  ready?: (target: string) => Promise<void>;
}

/** What workers get of artifacts, and nothing that needs an API server or the kernel of this machine. */
export async function runPeers(
  { home, hosts }: PeerRun,
  { binaries, images, reporter, ready }: PeerWork,
): Promise<JoinResult & { failures: HostFailure[] }> {
  const opened: Host[] = [];
  const options = loginOf(home);
  const ports: ClusterPorts = clusterPorts(
    async (target) => {
      const { address, port } = hosts[target]!;
      const fault = parseFault(process.env.KUBEWRIGHT_FAULT);
      const connect = () => connectSsh(`root@${address}:${port}`, options);
      const host = await openHost(target, connect, fault ? { fault } : {});
      opened.push(host);
      return host;
    },
    {
      apiClient: () => nobody,
      reporter,
      artifacts: async (choice) => ({
        choice,
        store: {
          hostFiles: async () => binaries,
          images: async (_arch, _version, names) => (names ? [] : images),
        },
      }),
    },
  );
  try {
    return await joinHosts(ports, {
      targets: Object.keys(hosts).map((target) => ({ target, name: target, role: 'worker' })),
      access: undefined,
      spec: resolveSpec({
        artifacts: { delivery: 'peer' },
        hosts: [{ name: 'cp1', role: 'control-plane', address: '192.0.2.11' }],
      }),
      ignorePreflightErrors: [],
      dryRun: false,
      phases: ['runtime', 'kubelet-install', 'images'],
      ...(ready ? { ready } : {}),
    });
  } finally {
    for (const host of opened) await host.close();
  }
}

// As a process of its own, so that it can be killed.
if (process.argv[2]) {
  const { failures } = await runPeers(JSON.parse(process.argv[2]) as PeerRun, {
    binaries: hostFiles(SIZE),
    images: [],
    reporter: { emit: () => undefined },
  });
  process.exitCode = failures.length;
}
