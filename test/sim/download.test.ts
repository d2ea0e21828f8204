import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostArch } from '../../src/artifacts/arch.ts';
import type { HostFile } from '../../src/artifacts/store.ts';
import { openStore, type Store } from '../../src/artifacts/store.ts';
import { clusterArtifacts } from '../../src/cluster/artifacts.ts';
import type { ClusterPorts } from '../../src/cluster/ports.ts';
import { resolveSpec } from '../../src/cluster/spec/resolve.ts';
import { binaryStep } from '../../src/cluster/steps/binary.ts';
import type { Operation } from '../../src/host/port.ts';
import { openHost } from '../../src/host/session.ts';
import { connectSsh } from '../../src/host/ssh/connect.ts';
import { silent } from '../../src/output/events.ts';
import { findBinaries } from '../api/support/binaries.ts';
import { type Mirror, startMirror } from '../fakes/mirror/mirror.ts';
import { program, publishImages, publishRelease } from '../fakes/mirror/release.ts';
import { makeLaptop } from './support/laptop.ts';
import { startSshd } from './support/sshd.ts';
import { describeSim } from './support/tier.ts';

const REAL = [
  'kubelet',
  'runc',
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'kube-scheduler',
  'pause',
] as const;
const arch = hostArch();
const found = await findBinaries(REAL);
const missing = REAL.filter((name) => !found[name]);
if (missing.length > 0)
  process.stderr.write(`\nSKIPPED: ${missing.join(', ')} are not built (npm run components)\n\n`);

/** What runs on hosts, published as upstream has it on a server of this machine, comes back as it was. */
describeSim('real artifacts from a mirror', () => {
  describe.skipIf(missing.length > 0)('over TLS', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubewright-download-'));
    let mirror: Mirror;
    let store: Store;
    let files: HostFile[] = [];

    beforeAll(async () => {
      mirror = await startMirror();
      const contents = (name: string) => {
        const path = found[name as (typeof REAL)[number]];
        return path ? readFileSync(path) : program(name, arch);
      };
      await publishRelease(mirror, [arch], contents);
      await publishImages(mirror, [arch], contents);
      const env = {
        PATH: process.env.PATH,
        XDG_CACHE_HOME: folder,
        XDG_STATE_HOME: folder,
        SSL_CERT_FILE: mirror.ca,
      };
      store = openStore({ env, reporter: silent, choice: { source: 'download', mirror: mirror.url } });
    });
    afterAll(async () => {
      await mirror[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    });

    it('are the same to the byte, and run, though the connection was cut in the middle', async () => {
      mirror.faults.set(`/dl.k8s.io/v1.37.2/bin/linux/${arch}/kubelet`, { cutAfter: 20_000_000, times: 2 });
      files = await store.hostFiles(arch, 'v1.37.2');
      for (const name of ['kubelet', 'runc', 'containerd', 'ctr'] as const) {
        const { artifact } = files.find(({ path }) => path.endsWith(`/${name}`))!;
        expect(readFileSync(artifact.path).equals(readFileSync(found[name]!)), name).toBe(true);
        expect(execFileSync(artifact.path, ['--version'], { encoding: 'utf8' })).toMatch(/\d+\.\d+\.\d+/);
      }
    });

    it('images have the program in their layer', async () => {
      const [scheduler] = await store.images(arch, 'v1.37.2', ['kube-scheduler']);
      const listing = execFileSync('tar', ['-tvf', scheduler!.path], { encoding: 'utf8' });
      const size = readFileSync(found['kube-scheduler']!).length;
      const layers = [...listing.matchAll(/ (\d+) .*blobs\/sha256\//g)].map(([, bytes]) => Number(bytes));
      expect(Math.max(...layers)).toBeGreaterThan(size);
    });

    it('are fetched by a host with its own curl, over SSH, and verified there', async () => {
      const laptop = makeLaptop();
      const sshd = await startSshd({ users: [{ name: 'root', uid: 0, authorizedKeys: [laptop.key()] }] });
      const there = `root@${sshd.address}:${sshd.port}`;
      const connect = () => connectSsh(there, laptop.options({ acceptNewHostKeys: true }));
      const host = await openHost('node1', connect, { prefix: sshd.root });
      const spec = resolveSpec({
        artifacts: { source: 'download', mirror: mirror.url, delivery: 'download' },
      });
      const ports = { artifacts: async (choice: object) => ({ choice, store }) } as unknown as ClusterPorts;
      const { binaries } = await clusterArtifacts(ports, arch, spec, { CURL_CA_BUNDLE: mirror.ca });
      const operations: Operation[] = [];
      for (const binary of binaries) {
        const checked = await binaryStep(binary).check({ file: () => ({ type: 'absent' }) } as never);
        if (checked.status !== 'change') continue;
        for (const draft of checked.known ?? [])
          operations.push({ ...draft, id: `binaries/${binary.path}/1` } as Operation);
      }
      mirror.asked.length = 0;
      await host.apply(operations, { lane: 'bulk' });
      for (const { path, artifact } of binaries) {
        expect(readFileSync(join(sshd.root, path)).equals(readFileSync(artifact.path)), path).toBe(true);
      }
      // Each archive once, though many files come out of it.
      expect(mirror.asked.map(({ path }) => path)).toHaveLength(5);
      await host.close();
      await sshd.stop();
      await laptop.clean();
    });
  });
});
