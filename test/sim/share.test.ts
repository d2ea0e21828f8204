import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImageArtifact } from '../../src/artifacts/port.ts';
import { SHARE_FOLDER } from '../../src/cluster/delivery/share.ts';
import type { ClusterPorts } from '../../src/cluster/ports.ts';
import { joinHosts } from '../../src/cluster/run-join.ts';
import { resolveSpec } from '../../src/cluster/spec/resolve.ts';
import type { HostBinary } from '../../src/cluster/steps/binary.ts';
import type { Host } from '../../src/host/port.ts';
import { openHost } from '../../src/host/session.ts';
import { connectSsh } from '../../src/host/ssh/connect.ts';
import type { Event } from '../../src/output/events.ts';
import { clusterPorts } from '../fakes/cluster-ports.ts';
import { hostFiles, image, nobody, startHost } from './support/cluster-hosts.ts';
import { type Laptop, makeLaptop } from './support/laptop.ts';
import { type FaultyProxy, startProxy } from './support/proxy.ts';
import type { Sshd } from './support/sshd.ts';
import { describeSim } from './support/tier.ts';

const SIZE = 1_500_000;
const phases = ['runtime', 'kubelet-install', 'images'];
const spec = resolveSpec({
  artifacts: { delivery: 'peer' },
  hosts: [{ name: 'cp1', role: 'control-plane', address: '192.0.2.11' }],
});

/** Hosts w1 … wN, each on an address of its own, and what this machine sends to each of them. */
class Site implements AsyncDisposable {
  readonly sshds: Sshd[] = [];
  readonly proxies: FaultyProxy[] = [];
  readonly events: Event[] = [];
  readonly #opened: Host[] = [];
  readonly #laptop: Laptop;

  constructor(laptop: Laptop) {
    this.#laptop = laptop;
  }

  static async start(laptop: Laptop, key: string, count: number): Promise<Site> {
    const site = new Site(laptop);
    for (let number = 1; number <= count; number++) {
      const sshd = await startHost(`127.0.0.${40 + number}`, key);
      // Loopback is nobody's address otherwise.
      const lines = `2: eth0    inet ${sshd.address}/24 scope global eth0`;
      const script = `#!/bin/sh\n[ "$*" != '-o addr show' ] || echo '${lines}'\n`;
      writeFileSync(join(sshd.root, 'usr/local/sbin/ip'), script, { mode: 0o755 });
      site.sshds.push(sshd);
      site.proxies.push(await startProxy(sshd, { address: sshd.address }));
    }
    const known = site.sshds.map((sshd, index) =>
      sshd.knownHost().replace(`:${sshd.port}`, `:${site.proxies[index]!.port}`),
    );
    laptop.write('.ssh/known_hosts', `${known.join('\n')}\n`);
    return site;
  }

  host(name: string): Sshd {
    return this.sshds[Number(name.slice(1)) - 1]!;
  }

  path(name: string, inside: string): string {
    return join(this.host(name).root, inside);
  }

  ports(binaries: HostBinary[], images: ImageArtifact[]): ClusterPorts {
    const connect = async (target: string) => {
      const { address, port } = this.proxies[Number(target.slice(1)) - 1]!;
      const options = this.#laptop.options();
      const host = await openHost(target, () => connectSsh(`root@${address}:${port}`, options));
      this.#opened.push(host);
      return host;
    };
    const store = {
      hostFiles: async () => binaries,
      images: async (_arch: string, _version: string, names?: readonly string[]) => (names ? [] : images),
    };
    return clusterPorts(connect, {
      apiClient: () => nobody,
      artifacts: async (choice) => ({ choice, store }),
      reporter: { emit: (event) => this.events.push(event) },
    });
  }

  get warnings(): string[] {
    return this.events.flatMap((event) =>
      event.type === 'message' && event.level === 'warning' ? [`${event.host}: ${event.text}`] : [],
    );
  }

  /** What a share leaves on a host when it has not ended. */
  left(name: string): string[] {
    const places = ['var/lib', 'run/systemd/system'].map((folder) => this.path(name, folder));
    return places.flatMap((at) => (existsSync(at) ? readdirSync(at) : [])).filter((n) => n.includes('share'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#opened) await host.close();
    for (const proxy of this.proxies) await proxy.stop();
    for (const sshd of this.sshds) await sshd.stop();
  }
}

function joinAll(ports: ClusterPorts, names: readonly string[]) {
  return joinHosts(ports, {
    targets: names.map((target) => ({ target, name: target, role: 'worker' as const })),
    access: undefined,
    spec,
    ignorePreflightErrors: [],
    dryRun: false,
    phases,
  });
}

describeSim('hosts that get artifacts from each other', () => {
  let laptop: Laptop;
  let key: string;
  let folder: string;
  let binaries: HostBinary[];
  let images: ImageArtifact[];
  beforeAll(async () => {
    laptop = makeLaptop();
    key = laptop.key();
    folder = mkdtempSync(join(tmpdir(), 'kubewright-share-'));
    binaries = hostFiles(SIZE);
    images = [await image(folder, 'pause', SIZE), await image(folder, 'coredns', SIZE)];
  });
  afterAll(async () => {
    await laptop.clean();
    rmSync(folder, { recursive: true });
  });

  it('five hosts: this machine sends each artifact once', async () => {
    await using site = await Site.start(laptop, key, 5);
    const names = ['w1', 'w2', 'w3', 'w4', 'w5'];
    const { failures } = await joinAll(site.ports(binaries, images), names);
    expect(failures).toEqual([]);
    expect(site.warnings).toEqual([]);
    const all = 8 * SIZE;
    const sent = site.proxies.reduce((sum, { received }) => sum + received, 0);
    expect(sent).toBeGreaterThan(all);
    expect(sent).toBeLessThan(1.2 * all);
    for (const name of names) {
      for (const { path, artifact } of binaries) {
        const content: Buffer[] = [];
        for await (const chunk of artifact.open()) content.push(chunk);
        expect(readFileSync(site.path(name, path)).equals(Buffer.concat(content)), `${name} ${path}`).toBe(
          true,
        );
      }
      expect(readFileSync(site.path(name, 'stub-state/images'), 'utf8').trim().split('\n')).toHaveLength(2);
      expect(site.left(name)).toEqual([]);
      expect(existsSync(site.path(name, SHARE_FOLDER))).toBe(false);
    }
  });
});
