import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageArtifact } from '../../../src/artifacts/port.ts';
import { poll } from '../../../src/base/wait.ts';
import type { ClusterSpecInput } from '../../../src/cluster/spec/types.ts';
import type { HostBinary } from '../../../src/cluster/steps/binary.ts';
import { type Laptop, makeLaptop } from '../support/laptop.ts';
import { standInBinaries, standInImages } from './artifacts.ts';
import { ClusterSide } from './cluster-side.ts';
import type { Reachable } from './run.ts';
import { type SimHost, startHost } from './sim-host.ts';
import type { Tree } from './tree.ts';

/** What all hosts and all etcd clusters hold at one moment. */
export interface Snapshot {
  disks: ReadonlyMap<string, Tree>;
  clusters: ReturnType<ClusterSide['snapshot']>;
}

/** A laptop, hosts, and what runs on them. */
export interface World {
  laptop: Laptop;
  hosts: ReadonlyMap<string, SimHost>;
  side: ClusterSide;
  binaries: HostBinary[];
  images: ImageArtifact[];
  snapshot(): Promise<Snapshot>;
  restore(snapshot: Snapshot): Promise<void>;
  /** Ends when nobody is logged in any more. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

/** Hosts by these names; `network` is the third byte of their loopback addresses, one for each world at a time. */
export async function makeWorld(names: readonly string[], network: number): Promise<World> {
  const laptop = makeLaptop();
  const folder = mkdtempSync(join(tmpdir(), 'kubewright-images-'));
  const key = laptop.key();
  const started = names.map((name, index) =>
    startHost(name, `192.0.2.${index + 11}`, `127.77.${network}.${index + 11}`, key),
  );
  const hosts = new Map((await Promise.all(started)).map((host) => [host.name, host]));
  laptop.write('.ssh/known_hosts', `${[...hosts.values()].map(({ knownHost }) => knownHost).join('\n')}\n`);
  const side = new ClusterSide([...hosts.values()]);
  const read = () => new Map([...hosts].map(([name, { disk }]) => [name, disk.read()]));
  return {
    laptop,
    hosts,
    side,
    binaries: standInBinaries(),
    images: await standInImages(folder),
    snapshot: () => side.still(() => ({ disks: read(), clusters: side.snapshot() })),
    restore: async ({ disks, clusters }) => {
      await side.still(() => {
        for (const [name, host] of hosts) host.disk.write(disks.get(name)!);
        side.restore(clusters);
      });
      // What ran in another life of the hosts does not answer for this one.
      await side.catchUp();
    },
    quiet: async () => {
      const busy = () => [...hosts.values()].some((host) => host.logins() > 0);
      if (!(await poll({ intervalMs: 10, timeoutMs: 10_000 }, async () => !busy() || undefined)))
        throw new Error('logins that do not end');
    },
    stop: async () => {
      await side.stop();
      await Promise.all([...hosts.values()].map((host) => host.stop()));
      await laptop.clean();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A cluster of these hosts, as a file would declare it. */
export function declared(
  world: Reachable,
  roles: Record<string, 'control-plane' | 'worker'>,
): ClusterSpecInput {
  return {
    name: 'sim',
    encryptionAlgorithm: 'ECDSA-P256',
    hosts: Object.entries(roles).map(([name, role]) => ({
      name,
      role,
      target: name,
      address: world.hosts.get(name)!.address,
      ignorePreflightErrors: ['all'],
    })),
  };
}
