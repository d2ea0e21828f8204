import { createHash } from 'node:crypto';
import { shownUrl } from '../../base/shown-url.ts';
import { DownloadFailure, statusFailure } from './failures.ts';
import type { Http } from './http.ts';
import { repositoryOf } from './reference.ts';
import { anonymousToken } from './token.ts';

const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const MANIFEST_BYTES = 4 << 20;

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { architecture: string; os: string };
}

/** An image of one platform as a registry has it: its own manifest, byte by byte. */
export interface RemoteImage {
  /** `sha256:…` of the manifest. */
  digest: string;
  manifest: Buffer;
  mediaType: string;
  /** Config first, then the layers; `url` is where each is. */
  blobs: { sha256: string; size: number; url: string }[];
  headers: Record<string, string>;
}

/** A repository of a registry; `api` ends in its name. */
interface Repository {
  api: string;
  headers: Record<string, string>;
}

/** What `reference` is for `arch` (OCI Distribution Specification 1.1). */
export async function remoteImage(
  http: Http,
  reference: string,
  arch: string,
  mirror: string,
): Promise<RemoteImage> {
  const { base, version } = repositoryOf(reference, mirror);
  const repository: Repository = { api: base, headers: {} };
  let found = await manifestOf(http, repository, version, reference);
  if (INDEXES.includes(found.mediaType)) {
    const { manifests = [] } = found.content as { manifests?: Descriptor[] };
    const chosen = manifests.find(
      ({ platform }) => platform?.os === 'linux' && platform.architecture === arch,
    );
    if (!chosen) throw noPlatform(reference, arch, manifests);
    found = await manifestOf(http, repository, digestOf(chosen.digest), reference);
  }
  if (!MANIFESTS.includes(found.mediaType))
    throw malformed(reference, `a manifest of type ${found.mediaType}`);
  const { config, layers = [] } = found.content as { config?: Descriptor; layers?: Descriptor[] };
  if (!config) throw malformed(reference, 'a manifest without config');
  const blobs = [config, ...layers].map(({ digest, size }) => ({
    sha256: digestOf(digest).slice('sha256:'.length),
    size,
    url: `${base}/blobs/${digest}`,
  }));
  const { bytes: manifest, digest, mediaType } = found;
  return { digest, manifest, mediaType, blobs, headers: repository.headers };
}

interface Found {
  bytes: Buffer;
  digest: string;
  mediaType: string;
  content: unknown;
}

/** By tag or digest; a digest is held against what came. */
async function manifestOf(
  http: Http,
  repository: Repository,
  version: string,
  reference: string,
): Promise<Found> {
  const url = `${repository.api}/manifests/${version}`;
  const found = await authorized(http, repository, url);
  if (!found) throw statusFailure(url, 404);
  const digest = `sha256:${createHash('sha256').update(found).digest('hex')}`;
  if (version.startsWith('sha256:') && version !== digest) {
    throw new DownloadFailure({
      code: 'ChecksumMismatch',
      message: `${shownUrl(url)} is not what its digest says`,
      hint: 'The registry or the mirror is damaged, or something in between changes what it says.',
      evidence: `expected ${version}\nactual   ${digest}`,
    });
  }
  const content = parse(found, reference);
  const { mediaType, manifests } = content;
  return { bytes: found, digest, content, mediaType: mediaType ?? (manifests ? INDEXES[0]! : MANIFESTS[0]!) };
}

/** The first answer may be a challenge; the token is kept for what follows of this repository. */
async function authorized(http: Http, repository: Repository, url: string): Promise<Buffer | undefined> {
  const headers = { accept: [...INDEXES, ...MANIFESTS].join(', '), ...repository.headers };
  const login = async (challenge: string) => {
    repository.headers = { authorization: `Bearer ${await anonymousToken(http, url, challenge)}` };
    return repository.headers;
  };
  return (await http.document(url, { headers, login, limit: MANIFEST_BYTES }))?.bytes;
}

function parse(bytes: Buffer, reference: string): { mediaType?: string; manifests?: unknown } {
  try {
    return JSON.parse(bytes.toString('utf8')) as { mediaType?: string; manifests?: unknown };
  } catch (cause) {
    throw malformed(reference, (cause as Error).message);
  }
}

function digestOf(digest: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw malformed(digest, 'not a sha256 digest');
}

function noPlatform(reference: string, arch: string, manifests: Descriptor[]): DownloadFailure {
  const has = manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`).join(', ');
  return new DownloadFailure({
    code: 'ImagePlatformMissing',
    message: `${reference} has no image for linux/${arch}`,
    hint: 'Mirrors have to copy every platform (crane copy does by default; docker pull and push do not).',
    evidence: `it has: ${has || 'none'}`,
  });
}

function malformed(reference: string, evidence: string): DownloadFailure {
  return new DownloadFailure({
    code: 'ImageUnusable',
    message: `what the registry says of ${reference} cannot be used`,
    hint: 'Is this address really a registry or a mirror of one?',
    evidence,
  });
}
