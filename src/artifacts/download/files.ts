import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { shownUrl } from '../../base/shown-url.ts';
import type { Cache } from '../cache.ts';
import { requireChecksum } from './checksum.ts';
import { DownloadFailure } from './failures.ts';
import type { Http } from './http.ts';
import type { Pins } from './pins.ts';
import { fileRecipe, type WantedFile } from './recipes.ts';
import { transfer } from './transfer.ts';
import { resolve, unpack } from './unpack.ts';
import { mirrored, type UpstreamFile } from './upstream.ts';

/** More than any file of upstream's has. */
export const MOST_BYTES = 2 * 2 ** 30;

/** What a download works with. */
export interface Means {
  http: Http;
  cache: Cache;
  pins: Pins;
  mirror: string;
  onProgress?: (done: number, total: number) => void;
}

/**
 * The sha256 that upstream publishes for a file, which has to be the pinned one. A mirror without checksums is enough
 * for what is pinned already.
 */
export async function expectedChecksum({ http, pins, mirror }: Means, file: UpstreamFile): Promise<string> {
  const url = mirrored(file.checksum, mirror);
  const found = await http.document(url);
  if (found) {
    const checksum = requireChecksum(found.bytes.toString('utf8'), baseName(file.url), url);
    await pins.check(file.url, checksum);
    return checksum;
  }
  const pinned = await pins.get(file.url);
  if (pinned) return pinned;
  throw new DownloadFailure({
    code: 'ChecksumMissing',
    message: `there is no checksum at ${shownUrl(url)}, and none is pinned: ${baseName(file.url)} is not downloaded`,
    hint: `A mirror has to have the checksums too ("kubewright artifacts list" prints their addresses), or ${pins.file} the digest of ${file.url}.`,
  });
}

/** Downloads one file of upstream's, and puts all that is wanted of it into the cache. */
export async function fetchFile(means: Means, wanted: readonly WantedFile[]): Promise<void> {
  const [first] = wanted;
  if (!first) return;
  const { cache, pins } = means;
  const sha256 = await expectedChecksum(means, first.file);
  const path = await download(means, first.file, sha256);
  await pins.add(first.file.url, sha256);
  await cache.temporary(async (folder) => {
    const members = wanted.flatMap(({ file }) => file.member ?? []);
    const found =
      members.length > 0 ? await unpack(path, folder, (name) => members.includes(name)) : undefined;
    for (const one of wanted) {
      const { member } = one.file;
      let source = join(folder, 'whole');
      if (found && member) source = resolve(found, member)?.file ?? noMember(first.file.url, member);
      else await rename(path, source);
      const { component, version, arch } = one.request;
      const origin = { url: first.file.url, sha256, ...(member ? { member } : {}) };
      await cache.put(fileRecipe(one), source, {
        component,
        version,
        arch,
        source: 'download',
        origin,
        made: { from: shownUrl(mirrored(first.file.url, means.mirror)) },
      });
    }
  });
  await rm(path, { force: true });
}

export function download(means: Means, file: UpstreamFile, sha256: string): Promise<string> {
  const { http, cache, mirror, onProgress } = means;
  return transfer(http, join(cache.folder, 'partial'), {
    url: mirrored(file.url, mirror),
    sha256,
    limit: MOST_BYTES,
    ...(onProgress ? { onProgress } : {}),
  });
}

function noMember(url: string, member: string): never {
  throw new DownloadFailure({
    code: 'ArchiveIncomplete',
    message: `${url} has no ${member} in it`,
    hint: 'Upstream may have changed what is in its releases. Use --artifacts-source build, or a newer kubewright.',
  });
}

function baseName(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
