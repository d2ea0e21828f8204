import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Mirror } from './mirror.ts';

/** A tar of these files, as upstream's releases are. */
export async function tarOf(files: Record<string, Buffer>, { gzip = true } = {}): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mode: 0o755 }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  return gzip ? gzipSync(whole, { level: 1 }) : whole;
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const digest = (content: Buffer) => createHash('sha256').update(content).digest('hex');

function configOf(arch: string, layers: readonly Buffer[]): Buffer {
  const diff_ids = layers.map((layer) => `sha256:${digest(layer)}`);
  return json({ architecture: arch, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids } });
}

/** What `docker save` writes of an image with these (uncompressed) layers; the older layout with `links`. */
export function dockerArchive(arch: string, tag: string, layers: readonly Buffer[]): Promise<Buffer> {
  const config = configOf(arch, layers);
  const names = layers.map((layer) => `blobs/sha256/${digest(layer)}`);
  const Config = `blobs/sha256/${digest(config)}`;
  const files: Record<string, Buffer> = { [Config]: config };
  for (const [index, layer] of layers.entries()) files[names[index]!] = layer;
  files['manifest.json'] = json([{ Config, RepoTags: [tag], Layers: names }]);
  return tarOf(files, { gzip: false });
}

/** Pushes an image for these architectures to the registry under `prefix` (`/v2/registry.k8s.io/pause`). */
export function pushImage(
  mirror: Pick<Mirror, 'put'>,
  prefix: string,
  tag: string,
  images: Record<string, readonly Buffer[]>,
): Record<string, string> {
  const OCI = 'application/vnd.oci.image';
  const blob = (content: Buffer, mediaType: string) => {
    const name = `sha256:${digest(content)}`;
    mirror.put(`${prefix}/blobs/${name}`, content);
    return { mediaType, digest: name, size: content.length };
  };
  const manifests = Object.entries(images).map(([arch, layers]) => {
    const config = blob(configOf(arch, layers), `${OCI}.config.v1+json`);
    const packed = layers.map((layer) => blob(gzipSync(layer, { level: 1 }), `${OCI}.layer.v1.tar+gzip`));
    const mediaType = `${OCI}.manifest.v1+json`;
    const manifest = json({ schemaVersion: 2, mediaType, config, layers: packed });
    const name = `sha256:${digest(manifest)}`;
    mirror.put(`${prefix}/manifests/${name}`, manifest, mediaType);
    return { mediaType, digest: name, size: manifest.length, platform: { os: 'linux', architecture: arch } };
  });
  const index = json({ schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests });
  mirror.put(`${prefix}/manifests/${tag}`, index, `${OCI}.index.v1+json`);
  return Object.fromEntries(manifests.map(({ platform, digest: name }) => [platform.architecture, name]));
}
