import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import type { ImageArtifact } from '../../../../src/artifacts/port.ts';
import { sha256 } from '../../../fakes/mirror/mirror.ts';
import { program, publishImages, publishRelease } from '../../../fakes/mirror/release.ts';
import { bytes, refusal } from '../support.ts';
import { KUBELET, world } from './support.ts';

test.each(['amd64', 'arm64'])('everything of a host comes from a mirror: %s', async (arch) => {
  const { mirror, store, lock } = await world();
  await publishRelease(mirror, ['amd64', 'arm64']);
  await publishImages(mirror, ['amd64', 'arm64']);
  const files = await store().hostFiles(arch, 'v1.37.2');
  expect(files).toHaveLength(22);
  for (const { artifact } of files) {
    expect(await bytes(artifact.open()), artifact.component).toEqual(program(artifact.component, arch));
    expect(artifact).toMatchObject({
      arch,
      origin: { url: expect.stringMatching(/^https:\/\/(dl\.k8s\.io|github\.com)\//) },
    });
  }
  const images = await store().images(arch, 'v1.37.2');
  expect(images.map(({ component }) => component).sort()).toEqual([
    ...['coredns', 'etcd', 'flannel', 'haproxy', 'kube-apiserver', 'kube-controller-manager', 'kube-proxy'],
    ...['kube-scheduler', 'pause'],
  ]);
  for (const image of images) await expectImage(image, arch);

  const asked = mirror.asked.length;
  await mirror[Symbol.asyncDispose]();
  expect((await store().hostFiles(arch, 'v1.37.2')).map(({ artifact }) => artifact.sha256)).toEqual(
    files.map(({ artifact }) => artifact.sha256),
  );
  expect((await store().images(arch, 'v1.37.2')).map(({ digest }) => digest)).toEqual(
    images.map(({ digest }) => digest),
  );
  expect(mirror.asked).toHaveLength(asked);
  const pinned = Object.keys((JSON.parse(readFileSync(lock, 'utf8')) as { digests: object }).digests);
  expect(pinned).toContain(`https://dl.k8s.io/v1.37.2/bin/linux/${arch}/kubelet`);
  expect(pinned).toContain(`registry.k8s.io/pause:3.10.2 linux/${arch}`);
});

/** The archive is whole: index, manifest, config and layers are there, under their own digests, for this platform. */
async function expectImage(image: ImageArtifact, arch: string): Promise<void> {
  const { sha256 } = await import('../../../fakes/mirror/mirror.ts');
  const files = new Map<string, Buffer>();
  const tar = extract();
  tar.on('entry', async (header, content, next) => {
    if (header.type === 'file')
      files.set(header.name, await bytes(content as unknown as AsyncIterable<Buffer>));
    else content.resume();
    next();
  });
  tar.end(await bytes(image.open()));
  await new Promise<void>((resolve) => tar.on('finish', () => resolve()));
  const json = (name: string) => JSON.parse(files.get(name)?.toString('utf8') ?? 'null');
  const blob = (digest: string) => `blobs/sha256/${digest.replace('sha256:', '')}`;
  const [entry] = json('index.json').manifests;
  expect(entry.digest, image.reference).toBe(image.digest);
  expect(entry.annotations['io.containerd.image.name']).toBe(image.reference);
  const manifest = json(blob(entry.digest));
  expect(json(blob(manifest.config.digest))).toMatchObject({ architecture: arch, os: 'linux' });
  for (const { digest, size } of [manifest.config, ...manifest.layers]) {
    const content = files.get(blob(digest));
    expect(content, `${image.reference} ${digest}`).toHaveLength(size);
    expect(`sha256:${sha256(content!)}`).toBe(digest);
  }
}

test("a registry's image keeps the registry's own digest", async () => {
  const { mirror, store } = await world();
  const digests = await publishImages(mirror, ['amd64', 'arm64']);
  const [pause] = await store().images('arm64', 'v1.37.2', ['pause']);
  expect(pause?.digest).toBe(digests['registry.k8s.io/pause:3.10.2']?.arm64);
});

test('a registry that wants a token for pulling gets one, and redirects do not', async () => {
  const { mirror, store } = await world();
  await publishImages(mirror, ['amd64']);
  mirror.login = true;
  await store().images('amd64', 'v1.37.2', ['pause']);
  const manifests = mirror.asked.filter(({ path }) => path.includes('/manifests/'));
  expect(manifests[0]?.authorization).toBeUndefined();
  expect(manifests.at(-1)?.authorization).toBe('Bearer anonymous');
});

test('an image under the name that the cluster has for it comes from there, not from the catalog', async () => {
  const { mirror, store } = await world();
  const { pushImage, tarOf } = await import('../../../fakes/mirror/contents.ts');
  const layer = await tarOf({ etcd: Buffer.from('another etcd') }, { gzip: false });
  const { amd64 } = pushImage(mirror, '/v2/registry.k8s.io/etcd', '3.7.0-0', { amd64: [layer] });
  const [etcd] = await store().images('amd64', 'v1.37.2', ['etcd'], { etcd: 'registry.k8s.io/etcd:3.7.0-0' });
  expect(etcd).toMatchObject({ reference: 'registry.k8s.io/etcd:3.7.0-0', digest: amd64 });
});

test('images that share a layer do not fetch it into one another', async () => {
  const { mirror, store, cache } = await world();
  const { pushImage, tarOf } = await import('../../../fakes/mirror/contents.ts');
  const base = await tarOf({ base: randomBytes(400_000) }, { gzip: false });
  const names = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
  const references: Record<string, string> = {};
  const digests: (string | undefined)[] = [];
  for (const [index, name] of names.entries()) {
    const own = await tarOf({ [name]: randomBytes(1 + index * 100_000) }, { gzip: false });
    const pushed = pushImage(mirror, `/v2/registry.example/${name}`, 'v1.37.2', { amd64: [own, base] });
    digests.push(pushed.amd64);
    references[name] = `registry.example/${name}:v1.37.2`;
    // Each comes to the common layer while those before it are in the middle of it.
    for (const layer of [own, base]) {
      const blob = sha256(gzipSync(layer, { level: 1 }));
      mirror.faults.set(`/v2/registry.example/${name}/blobs/sha256:${blob}`, { slowMs: 5 });
    }
  }
  const images = await store().images('amd64', 'v1.37.2', names, references);
  expect(images.map(({ digest }) => digest)).toEqual(digests);
  for (const image of images) expect((await bytes(image.open())).length).toBe(image.size);
  expect(readdirSync(join(cache.folder, 'partial'))).toEqual([]);
});

test('a registry without the platform says which it has', async () => {
  const { mirror, store } = await world();
  await publishImages(mirror, ['amd64']);
  const error = await refusal(store().images('arm64', 'v1.37.2', ['pause']));
  expect(error).toMatchObject({ code: 'ImagePlatformMissing', evidence: 'it has: linux/amd64' });
});

test('B55: an image archive for another architecture is not taken', async () => {
  const { mirror, store } = await world();
  await publishRelease(mirror, ['amd64', 'arm64']);
  const folder = '/dl.k8s.io/v1.37.2/bin/linux';
  const { dockerArchive } = await import('../../../fakes/mirror/contents.ts');
  mirror.publish(`${folder}/arm64/kube-apiserver.tar`, await dockerArchive('amd64', 'x', [Buffer.from('x')]));
  const error = await refusal(store().images('arm64', 'v1.37.2', ['kube-apiserver']));
  expect(error).toMatchObject({ code: 'ImageUnusable', evidence: expect.stringContaining('linux/amd64') });
});

test('B55: nothing of an archive lands outside: names in it become no paths', async () => {
  const { mirror, store, cache } = await world();
  await publishRelease(mirror, ['amd64']);
  const { tarOf } = await import('../../../fakes/mirror/contents.ts');
  const evil = await tarOf({ '../../../escaped': Buffer.from('x'), 'bin/ctr': program('ctr', 'amd64') });
  const file =
    '/github.com/containerd/containerd/releases/download/v2.3.7/containerd-2.3.7-linux-amd64.tar.gz';
  mirror.publish(file, evil, { suffix: '.sha256sum', named: true });
  await store().binary('ctr', 'amd64');
  expect(existsSync(join(cache.folder, '..', 'escaped'))).toBe(false);
  expect(readdirSync(join(cache.folder, 'tmp'))).toEqual([]);
  const error = await refusal(store().binary('containerd', 'amd64'));
  expect(error).toMatchObject({
    code: 'ArchiveIncomplete',
    message: expect.stringContaining('bin/containerd'),
  });
});

test('progress is told in bytes and ends', async () => {
  const { mirror, store, events } = await world();
  mirror.publish(KUBELET, program('kubelet', 'amd64'));
  await store().binary('kubelet', 'amd64');
  const progress = events.filter((event) => event.type === 'progress');
  const size = program('kubelet', 'amd64').length;
  expect(progress.at(-1)).toMatchObject({ unit: 'bytes', done: size, total: size, finished: true });
  expect(progress.at(-1)?.label).toBe('downloading kubelet');
});
