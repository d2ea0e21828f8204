import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { imageManifest, type Layer, memoryBlob, writeLayout } from '../image/archive.ts';
import { measure } from '../image/tar.ts';
import { DownloadFailure } from './failures.ts';
import { isGzip, resolve, type Unpacked, unpack } from './unpack.ts';

const LAYER = 'application/vnd.oci.image.layer.v1.tar';

interface Conversion {
  /** A verified archive of `docker save` with one image. */
  archive: string;
  /** For what is taken out of it. */
  folder: string;
  reference: string;
  arch: string;
  /** The archive that is written. */
  target: string;
}

interface Config {
  architecture?: string;
  os?: string;
  rootfs?: { diff_ids?: string[] };
}

/**
 * An OCI archive of what `docker save` wrote: the same config and layers under our reference (upstream's names end in
 * the architecture), each layer checked against the config's diff_ids. Returns the digest of the manifest.
 */
export async function convertArchive(options: Conversion): Promise<string> {
  const { archive, folder, reference, arch, target } = options;
  const found = await unpack(archive, folder, () => true);
  const [image] = JSON.parse((await document(found, 'manifest.json', archive)).toString('utf8')) as {
    Config: string;
    Layers: string[];
  }[];
  if (!image) throw unusable(archive, 'manifest.json lists no image');
  const config = await document(found, image.Config, archive);
  const { architecture, os = 'linux', rootfs } = JSON.parse(config.toString('utf8')) as Config;
  if (architecture !== arch || os !== 'linux')
    throw unusable(archive, `it is for ${os}/${architecture}, not linux/${arch}`);
  const ids = rootfs?.diff_ids ?? [];
  if (ids.length !== image.Layers.length)
    throw unusable(archive, `${image.Layers.length} layers, ${ids.length} diff_ids`);
  const layers: (Layer & { mediaType: string })[] = [];
  for (const [index, name] of image.Layers.entries()) {
    const file = resolve(found, name)?.file ?? missing(archive, name);
    layers.push(await layerOf(archive, file, ids[index] ?? ''));
  }
  const manifest = imageManifest(config, layers);
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  return writeLayout(
    { reference, arch, manifest, mediaType, blobs: [memoryBlob(config), ...layers] },
    target,
  );
}

async function layerOf(archive: string, file: string, id: string): Promise<Layer & { mediaType: string }> {
  const open = () => createReadStream(file, { highWaterMark: 1 << 20 });
  const gzip = await isGzip(file);
  const hash = createHash('sha256');
  for await (const chunk of gzip ? open().pipe(createGunzip()) : open()) hash.update(chunk as Buffer);
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== id) throw unusable(archive, `a layer is ${actual}, and the config says ${id}`);
  return { ...(await measure(open())), open, mediaType: gzip ? `${LAYER}+gzip` : LAYER };
}

async function document(found: Map<string, Unpacked>, name: string, archive: string): Promise<Buffer> {
  const entry = resolve(found, name);
  if (!entry || entry.size > 8 << 20) return missing(archive, name);
  return readFile(entry.file);
}

function missing(archive: string, name: string): never {
  throw unusable(archive, `no ${name} in it`);
}

function unusable(archive: string, evidence: string): DownloadFailure {
  return new DownloadFailure({
    code: 'ImageUnusable',
    message: 'an image archive has the right checksum and is not an image that can be used',
    hint: 'What is published under this address is not what was expected. Use another mirror, or --artifacts-source build.',
    evidence: `${archive}\n${evidence}`,
  });
}
