import type { Readable } from 'node:stream';

/** Verified bytes in the local cache; `open` verifies again as it reads and fails the stream when they changed. */
export interface Artifact {
  component: string;
  version: string;
  arch: string;
  /** Lower-case hex of the whole file. */
  sha256: string;
  size: number;
  /** Where it lies, for peers in tests and for local use. */
  path: string;
  /** Of what was downloaded; absent where it was made here. */
  origin?: Origin;
  /** The whole file is verified before the first byte is given out, and once more as it streams. */
  open(): Readable;
}

/** Where upstream has it, and what it is there. */
export interface Origin {
  /** Upstream's own address, never a mirror's; for images of registries the reference and the platform. */
  url: string;
  /** Of what is under that address, as it is pinned; an archive's where `member` is in one. */
  sha256: string;
  member?: string;
}

/** An OCI image archive (`oci-layout` in a tar) with everything that is needed to know it again on a host. */
export interface ImageArtifact extends Artifact {
  /** `registry.k8s.io/kube-apiserver:v1.37.2` */
  reference: string;
  /** Digest of the image manifest, `sha256:…`: what `ctr images ls` prints after the import. */
  digest: string;
}

/** What a component is made from; each gives the same artifact or says why it cannot (throws). */
export interface Source {
  readonly name: 'bundle' | 'download' | 'build' | 'package';
  /** Only what is in the cache already: makes nothing, asks no network, reads no large file. */
  find(request: ArtifactRequest): Promise<Artifact | undefined>;
  /**
   * What it would do to get those of `requests` that it has, in pieces that share work; it does none of it yet.
   * Throws KubewrightError where a prerequisite is missing, so that this is known before anything long begins.
   */
  work(requests: readonly ArtifactRequest[]): Promise<Work[]>;
  /** The same two for whole images, where a source has such; what it does not have is assembled of components. */
  findImage?(request: ImageRequest): Promise<ImageArtifact | undefined>;
  imageWork?(requests: readonly ImageRequest[]): Promise<Work[]>;
}

/** One piece of work of a source: afterwards `find` has all of `components`. */
export interface Work {
  /** What is being made: `kubernetes v1.37.2`. */
  label: string;
  components: string[];
  /** What it took on the reference machine (2 cores, nothing cached): a first estimate. */
  seconds: number;
  /** It waits for the network rather than for processors: several run at once and tell their own progress. */
  download?: boolean;
  run(signal?: AbortSignal): Promise<void>;
}

export interface ImageRequest {
  /** The catalog's name. */
  name: string;
  reference: string;
  arch: string;
}

export interface ArtifactRequest {
  component: string;
  version: string;
  arch: string;
}
