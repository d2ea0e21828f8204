import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assemble } from '../../../../src/artifacts/image/images.ts';
import type { ImageArtifact } from '../../../../src/artifacts/port.ts';
import { bytes, store, temporaryCache, temporaryFolder } from '../support.ts';

const spec = {
  name: 'web',
  reference: 'registry.k8s.io/web:v1.2.3',
  files: { '/usr/local/bin/web': 'web', '/b': 'web' },
  links: { '/web': 'usr/local/bin/web' },
  folders: { '/tmp': 0o1777 },
  entrypoint: ['/usr/local/bin/web'],
  user: '65535:65535',
};

async function image(content: string, order: 1 | -1 = 1): Promise<ImageArtifact> {
  const cache = temporaryCache();
  const web = await store(cache, 'web', content);
  const lower = await store(cache, 'lower', await tarOfNothing());
  const files = Object.keys(spec.files).map((path) => [path, web] as [string, typeof web]);
  const inputs = { layers: [lower], files: order === 1 ? files : files.reverse(), templates: [] };
  return assemble(cache, spec, 'amd64', inputs);
}

const tarOfNothing = async () => Buffer.alloc(1024);

test('the same content gives the same archive, in whatever order it comes', async () => {
  const [one, two, other] = [await image('program'), await image('program', -1), await image('Program')];
  expect(two.sha256).toBe(one.sha256);
  expect(two.digest).toBe(one.digest);
  expect(other.digest).not.toBe(one.digest);
});

test('the archive is an OCI layout whose digests hold, read with tar', async () => {
  const made = await image('program');
  const folder = temporaryFolder();
  execFileSync('tar', ['-xf', made.path, '-C', folder]);
  const read = (path: string) => execFileSync('cat', [join(folder, path)]);
  const blob = (digest: string) => {
    const content = read(`blobs/${digest.replace(':', '/')}`);
    expect(`sha256:${createHash('sha256').update(content).digest('hex')}`).toBe(digest);
    return content;
  };
  expect(JSON.parse(read('oci-layout').toString())).toEqual({ imageLayoutVersion: '1.0.0' });
  const index = JSON.parse(read('index.json').toString());
  expect(index.manifests).toHaveLength(1);
  expect(index.manifests[0]).toMatchObject({
    digest: made.digest,
    platform: { architecture: 'amd64', os: 'linux' },
    annotations: {
      'io.containerd.image.name': 'registry.k8s.io/web:v1.2.3',
      'org.opencontainers.image.ref.name': 'v1.2.3',
    },
  });
  const manifest = JSON.parse(blob(made.digest).toString());
  expect(index.manifests[0].size).toBe(blob(made.digest).length);
  const config = JSON.parse(blob(manifest.config.digest).toString());
  expect(config.config).toMatchObject({ User: '65535:65535', Entrypoint: ['/usr/local/bin/web'] });
  expect(config.rootfs.diff_ids).toEqual(manifest.layers.map(({ digest }: { digest: string }) => digest));
  expect(manifest.layers).toHaveLength(2);
  for (const layer of manifest.layers) expect(blob(layer.digest).length).toBe(layer.size);

  const layer = join(folder, `blobs/${manifest.layers[1].digest.replace(':', '/')}`);
  const listed = execFileSync('tar', ['-tf', layer], { encoding: 'utf8' }).trim().split('\n');
  expect(listed.map((name) => name.replace(/\/$/, ''))).toEqual([
    'b',
    'tmp',
    'usr',
    'usr/local',
    'usr/local/bin',
    'usr/local/bin/web',
    'web',
  ]);
  const program = execFileSync('tar', ['-xOf', layer, 'usr/local/bin/web'], { encoding: 'utf8' });
  expect(program).toBe('program');
  expect((await bytes(made.open())).length).toBe(made.size);
});
