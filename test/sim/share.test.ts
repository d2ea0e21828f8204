import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImageArtifact } from '../../src/artifacts/port.ts';
import { SHARE_PORT } from '../../src/cluster/delivery/share.ts';
import type { HostBinary } from '../../src/cluster/steps/binary.ts';
import type { Event } from '../../src/output/events.ts';
import { hostFiles, image } from './support/cluster-hosts.ts';
import { type Laptop, makeLaptop } from './support/laptop.ts';
import { type PeerRun, runPeers, SIZE } from './support/peer-run.ts';
import { Site } from './support/site.ts';
import { describeSim } from './support/tier.ts';

/** Of the stub that stands for systemd. */
const LISTENS = 'stub-state/units/kubewright-share.socket.pid';

/** Hosts w1 … wN, and what is said about them. */
class Shared extends Site {
  readonly #events: Event[] = [];

  request(laptop: Laptop): PeerRun {
    return { home: laptop.home, hosts: this.places(laptop, (index) => `w${index + 1}`) };
  }

  /** `late`: this host begins when another one has its first executable, and serves it. */
  run(laptop: Laptop, what: { binaries: HostBinary[]; images: ImageArtifact[] }, late?: string) {
    const first = Promise.withResolvers<void>();
    return runPeers(this.request(laptop), {
      ...what,
      reporter: {
        emit: (event) => {
          this.#events.push(event);
          if (event.type === 'step' && event.phase === 'kubelet-install') first.resolve();
        },
      },
      ready: async (target) => (target === late ? first.promise : undefined),
    });
  }

  get warnings(): string[] {
    return this.#events.flatMap((event) =>
      event.type === 'message' && event.level === 'warning' ? [`${event.host}: ${event.text}`] : [],
    );
  }
}

describeSim('hosts that get artifacts from each other', () => {
  let laptop: Laptop;
  let key: string;
  let folder: string;
  let artifacts: { binaries: HostBinary[]; images: ImageArtifact[] };
  beforeAll(async () => {
    laptop = makeLaptop();
    key = laptop.key();
    folder = mkdtempSync(join(tmpdir(), 'kubewright-share-'));
    const images = [await image(folder, 'pause', SIZE), await image(folder, 'coredns', SIZE)];
    artifacts = { binaries: hostFiles(SIZE), images };
  });
  afterAll(async () => {
    await laptop.clean();
    rmSync(folder, { recursive: true });
  });
  const start = async (hosts: number) => {
    const site = new Shared();
    for (let number = 0; number < hosts; number++) await site.add(key);
    return site;
  };
  const all = 8 * SIZE;

  /** Every host has every artifact, and none shares any more. */
  async function expectServed({ sshds, left }: Shared): Promise<void> {
    for (const { root, address } of sshds) {
      for (const { path, artifact } of artifacts.binaries) {
        const same = readFileSync(join(root, path)).equals(await buffer(artifact.open()));
        expect(same, `${address} ${path}`).toBe(true);
      }
      const images = readFileSync(join(root, 'stub-state/images'), 'utf8').trim().split('\n');
      expect(images.sort(), address).toEqual(
        artifacts.images.map(({ reference, digest }) => `${reference} ${digest}`).sort(),
      );
    }
    expect(left).toEqual([]);
  }

  it('are five: this machine sends each artifact once, and nothing is left of it', async () => {
    await using site = await start(5);
    const { failures } = await site.run(laptop, artifacts);
    expect({ failures, warnings: site.warnings }).toEqual({ failures: [], warnings: [] });
    await expectServed(site);
    expect(site.sent).toBeGreaterThan(all);
    expect(site.sent).toBeLessThan(1.2 * all);
    const again = await site.run(laptop, artifacts);
    expect(again.hosts.map(({ changed }) => changed)).toEqual([0, 0, 0, 0, 0]);
  });

  it('where one reaches nobody: it is served from here, and each pair is named once', async () => {
    await using site = await start(3);
    site.stub(site.sshds[2]!, 'curl', "echo 'curl: (28) Connection timed out' >&2; exit 28");
    // Where it came first, it would be served from here without having asked anybody.
    const { failures } = await site.run(laptop, artifacts, 'w3');
    expect(failures).toEqual([]);
    await expectServed(site);
    expect(site.sent).toBeLessThan(2.2 * all);
    const pairs = site.warnings.map(
      (text) => /^(w\d): could not fetch \S+ from (w\d), port 10299/.exec(text)!,
    );
    expect(pairs.length).toBeGreaterThan(0);
    expect(pairs.map(([, client]) => client)).toEqual(pairs.map(() => 'w3'));
    expect(new Set(pairs.map(([, , server]) => server)).size).toBe(pairs.length);
  });

  it('where one cannot listen: it says so, has its artifacts, and serves nobody', async () => {
    await using site = await start(2);
    const taken = createServer().listen(SHARE_PORT, site.sshds[0]!.address);
    await once(taken, 'listening');
    const { failures } = await site.run(laptop, artifacts);
    taken.close();
    expect(failures).toEqual([]);
    await expectServed(site);
    expect(site.warnings).toContainEqual(
      expect.stringMatching(/^w1: it does not pass artifacts on to other hosts/),
    );
  });

  it('B55: where others give something else: it is refused by its digest, and comes from here', async () => {
    await using site = await start(2);
    // What serves runs without rights; what installs is root.
    const script = '[ "$(id -u)" = 0 ] || { /bin/cat "$@" | tr a b; exit; }\nexec /bin/cat "$@"';
    for (const sshd of site.sshds) site.stub(sshd, 'cat', script);
    const { failures } = await site.run(laptop, artifacts);
    expect(failures).toEqual([]);
    await expectServed(site);
    expect(site.warnings.length).toBeGreaterThan(0);
    for (const text of site.warnings)
      expect(text).toMatch(/^w\d: \S+ as w\d gave it is not what it has to be/);
  });

  it('when the run is killed: what serves stays for a while, and the next run ends it', async () => {
    await using site = await start(2);
    const program = join(import.meta.dirname, 'support/peer-run.ts');
    const child = spawn(process.execPath, [program, JSON.stringify(site.request(laptop))], {
      env: { ...process.env, KUBEWRIGHT_FAULT: 'runtime/runc/1:before:kill9' },
      stdio: 'ignore',
    });
    expect((await once(child, 'exit'))[1]).toBe('SIGKILL');
    expect(site.left).toContain('kubewright-share.socket');
    // Whoever has no token gets nothing of it.
    const { address } = site.sshds.find(({ root }) => existsSync(join(root, LISTENS)))!;
    for (const path of ['', 'var/lib', `${'0'.repeat(32)}/${'0'.repeat(64)}`, '../../../etc/passwd'])
      expect((await fetch(`http://${address}:${SHARE_PORT}/${path}`)).status).toBe(404);
    const { failures } = await site.run(laptop, artifacts);
    expect(failures).toEqual([]);
    await expectServed(site);
  });
});
