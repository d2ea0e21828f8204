import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { shownUrl } from '../../base/shown-url.ts';
import { writeLayout } from '../image/archive.ts';
import type { Origin } from '../port.ts';
import { convertArchive } from './docker-archive.ts';
import { download, expectedChecksum, type Means, MOST_BYTES } from './files.ts';
import { downloadedImageRecipe, imageKey, type WantedImage } from './recipes.ts';
import { type RemoteImage, remoteImage } from './registry.ts';
import { transfer } from './transfer.ts';
import { mirrored, type UpstreamFile } from './upstream.ts';

/** Asks for what has to be known before anything large moves; throws where it is not there or not what is pinned. */
export async function probeImage(means: Means, wanted: WantedImage): Promise<void> {
  if (wanted.image.kind === 'archive') await expectedChecksum(means, wanted.image.file);
  else await pinnedImage(means, wanted);
}

/** Downloads an image and puts it into the cache as an archive. */
export async function fetchImage(means: Means, wanted: WantedImage): Promise<void> {
  const { image } = wanted;
  if (image.kind === 'archive') await fetchArchive(means, wanted, image.file);
  else await fetchBlobs(means, wanted, await pinnedImage(means, wanted));
}

async function fetchArchive(means: Means, wanted: WantedImage, file: UpstreamFile): Promise<void> {
  const sha256 = await expectedChecksum(means, file);
  const archive = await download(means, file, sha256);
  await means.pins.add(file.url, sha256);
  const { reference, arch } = wanted.request;
  await means.cache.temporary(async (folder) => {
    const target = join(folder, 'image.tar');
    const digest = await convertArchive({ archive, folder, reference, arch, target });
    const from = shownUrl(mirrored(file.url, means.mirror));
    await keep(means, wanted, target, { digest, origin: { url: file.url, sha256 }, from });
  });
  await rm(archive, { force: true });
}

async function pinnedImage({ http, pins, mirror }: Means, wanted: WantedImage): Promise<RemoteImage> {
  const { reference, arch } = wanted.request;
  const found = await remoteImage(http, reference, arch, mirror);
  await pins.check(imageKey(wanted), found.digest);
  return found;
}

async function fetchBlobs(means: Means, wanted: WantedImage, remote: RemoteImage): Promise<void> {
  const { http, cache, pins, mirror, onProgress } = means;
  const { reference, arch } = wanted.request;
  const total = remote.blobs.reduce((sum, { size }) => sum + size, 0);
  const files: string[] = [];
  // Its own: images under way beside this one may have some of the same layers.
  const partial = join(cache.folder, 'partial', downloadedImageRecipe(wanted.request).key);
  let before = 0;
  for (const { url, sha256, size } of remote.blobs) {
    const file = await transfer(http, partial, {
      url,
      sha256,
      limit: Math.min(size, MOST_BYTES),
      headers: remote.headers,
      onProgress: (done) => onProgress?.(before + done, total),
    });
    before += size;
    files.push(file);
  }
  const key = imageKey(wanted);
  await pins.add(key, remote.digest);
  await cache.temporary(async (folder) => {
    const target = join(folder, 'image.tar');
    const { manifest, mediaType } = remote;
    const blobs = remote.blobs.map(({ sha256, size }, index) => {
      return { sha256, size, open: () => createReadStream(files[index]!, { highWaterMark: 1 << 20 }) };
    });
    const digest = await writeLayout({ reference, arch, manifest, mediaType, blobs }, target);
    const origin = { url: key, sha256: remote.digest };
    await keep(means, wanted, target, { digest, origin, from: mirror ? shownUrl(mirror) : reference });
  });
  await rm(partial, { recursive: true, force: true });
}

async function keep(
  { cache }: Means,
  { request }: WantedImage,
  file: string,
  about: { digest: string; origin: Origin; from: string },
): Promise<void> {
  const { name, reference, arch } = request;
  await cache.put(downloadedImageRecipe(request), file, {
    component: name,
    version: reference.slice(reference.lastIndexOf(':') + 1),
    arch,
    source: 'download',
    reference,
    digest: about.digest,
    origin: about.origin,
    made: { from: about.from },
  });
}
