import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Measured, measure, type TarEntry, tarStream } from './tar.ts';

/** Bytes of a blob, which can be read more than once; a layer of ours is an uncompressed tar. */
export interface Layer extends Measured {
  open: () => AsyncIterable<Buffer>;
}

export interface ImageDescription {
  reference: string;
  arch: string;
  layers: Layer[];
  entrypoint?: string[];
  command?: string[];
  user?: string;
}

const MEDIA = 'application/vnd.oci.image';
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A layer of the given tree, measured by making it once. */
export async function treeLayer(tree: readonly TarEntry[]): Promise<Layer> {
  const open = () => tarStream(tree);
  return { ...(await measure(open())), open };
}

/** An image manifest with everything that it names. */
export interface ImageContent {
  reference: string;
  arch: string;
  manifest: Buffer;
  mediaType: string;
  /** By digest; the config is one of them. */
  blobs: Layer[];
}

/** Builds config and manifest of the layers, writes them as an archive, and returns the digest of the manifest. */
export async function writeArchive(image: ImageDescription, file: string): Promise<string> {
  const config = json(configOf(image));
  const manifest = imageManifest(
    config,
    image.layers.map((layer) => ({ ...layer, mediaType: `${MEDIA}.layer.v1.tar` })),
  );
  const { reference, arch, layers } = image;
  const blobs = [memoryBlob(config), ...layers];
  return writeLayout({ reference, arch, manifest, mediaType: `${MEDIA}.manifest.v1+json`, blobs }, file);
}

export function imageManifest(config: Buffer, layers: readonly (Measured & { mediaType: string })[]): Buffer {
  return json({
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config: { mediaType: `${MEDIA}.config.v1+json`, ...descriptor(config) },
    layers: layers.map(({ mediaType, sha256, size }) => ({ mediaType, digest: `sha256:${sha256}`, size })),
  });
}

/**
 * Writes an OCI image layout as a tar (OCI Image Format Specification 1.1, image-layout.md) and returns the digest
 * of the image manifest. The reference stands where containerd and Docker look for it.
 */
export async function writeLayout(image: ImageContent, file: string): Promise<string> {
  const { reference, arch, manifest, mediaType } = image;
  const index = json({
    schemaVersion: 2,
    mediaType: `${MEDIA}.index.v1+json`,
    manifests: [
      {
        mediaType,
        ...descriptor(manifest),
        platform: { architecture: arch, os: 'linux' },
        annotations: {
          'io.containerd.image.name': reference,
          'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
        },
      },
    ],
  });
  const [config, ...layers] = image.blobs;
  const blobs = [config, memoryBlob(manifest), ...layers].flatMap((blob) => (blob ? [layerEntry(blob)] : []));
  const entries = [
    plain('/oci-layout', json({ imageLayoutVersion: '1.0.0' })),
    plain('/index.json', index),
    { path: '/blobs', type: 'directory', mode: 0o755 } as const,
    { path: '/blobs/sha256', type: 'directory', mode: 0o755 } as const,
    // Two layers with the same content are one blob.
    ...new Map(blobs.map((entry) => [entry.path, entry])).values(),
  ];
  await pipeline(tarStream(entries), createWriteStream(file, { highWaterMark: 1 << 20 }));
  return descriptor(manifest).digest;
}

function configOf(image: ImageDescription): object {
  return {
    architecture: image.arch,
    os: 'linux',
    config: {
      ...(image.user ? { User: image.user } : {}),
      Env: [PATH],
      ...(image.entrypoint ? { Entrypoint: image.entrypoint } : {}),
      ...(image.command ? { Cmd: image.command } : {}),
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: image.layers.map(({ sha256 }) => `sha256:${sha256}`) },
  };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function descriptor(content: Buffer): { digest: string; size: number } {
  return { digest: `sha256:${createHash('sha256').update(content).digest('hex')}`, size: content.length };
}

export function memoryBlob(content: Buffer): Layer {
  const sha256 = descriptor(content).digest.slice('sha256:'.length);
  return {
    sha256,
    size: content.length,
    open: async function* () {
      yield content;
    },
  };
}

function plain(path: string, content: Buffer): TarEntry {
  return { path, type: 'file', mode: 0o644, size: content.length, open: () => [content] };
}

function layerEntry(layer: Layer): TarEntry {
  return {
    path: `/blobs/sha256/${layer.sha256}`,
    type: 'file',
    mode: 0o644,
    size: layer.size,
    open: layer.open,
  };
}
