import { shownUrl } from '../../base/shown-url.ts';
import type { Catalog } from '../catalog-types.ts';
import { clusterImages, componentVersion, imageOf, parts, unknown } from '../selection.ts';
import { Pins, pinFile } from './pins.ts';
import { manifestUrl } from './reference.ts';
import { mirrored, type UpstreamFile, upstreamFile, upstreamImage } from './upstream.ts';

/** One thing that a download asks for. */
export interface Listed {
  kind: 'file' | 'checksum' | 'image';
  /** Upstream's address, or the reference of an image in a registry. */
  address: string;
  /** The same on the mirror; empty where none is named. */
  mirror: string;
  /** Pinned here: sha256 of a file, digest of an image's manifest for the architecture; empty before the first download. */
  digest: string;
}

export interface ListingOptions {
  catalog: Catalog;
  arch: string;
  /** What images are called in the cluster, by the catalog's name. */
  references: Readonly<Record<string, string>>;
  /** Images that the cluster does without. */
  unused: readonly string[];
  mirror: string;
  env: Record<string, string | undefined>;
}

/** Everything that hosts of one architecture need and a mirror therefore has to have, in a stable order. */
export async function listUpstream(options: ListingOptions): Promise<Listed[]> {
  const { catalog, arch, mirror } = options;
  const pins = new Pins(pinFile(options.env));
  const digest = async (key: string) => (await pins.get(key)) ?? '';
  const { files, images } = needed(options);
  const listed: Listed[] = [];
  for (const { url, checksum } of files) {
    listed.push({ kind: 'file', address: url, mirror: onMirror(url, mirror), digest: await digest(url) });
    listed.push({ kind: 'checksum', address: checksum, mirror: onMirror(checksum, mirror), digest: '' });
  }
  for (const reference of images) {
    const there = mirror ? shownUrl(manifestUrl(reference, mirror)) : '';
    const found = await digest(`${reference} linux/${arch}`);
    listed.push({ kind: 'image', address: reference, mirror: there, digest: found });
  }
  // Several architectures' checksums may be one file, and several components one archive.
  return [...new Map(listed.map((one) => [`${catalog.kubernetes} ${one.address}`, one])).values()];
}

function needed({ catalog, arch, references, unused }: ListingOptions): {
  files: UpstreamFile[];
  images: string[];
} {
  const files: UpstreamFile[] = [];
  const images: string[] = [];
  const components = catalog.hostFiles.map(({ component }) => component);
  for (const name of clusterImages(catalog).filter((each) => !unused.includes(each))) {
    const spec = imageOf(catalog, name) ?? unknown(name);
    const reference = references[name] ?? spec.reference;
    const image = upstreamImage(spec, reference, arch);
    if (!image) components.push(...parts(spec));
    else if (image.kind === 'archive') files.push(image.file);
    else images.push(reference);
  }
  const programs = components.map((component) => {
    const version = componentVersion(catalog, component) ?? unknown(component);
    const module = catalog.modules.find(({ binaries }) => Object.hasOwn(binaries, component));
    return (module && upstreamFile(component, module, version, arch)) ?? unknown(component);
  });
  return { files: [...programs, ...files], images };
}

function onMirror(url: string, mirror: string): string {
  return mirror ? shownUrl(mirrored(url, mirror)) : '';
}
