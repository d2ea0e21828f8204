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
  open(): Readable;
}

/** An OCI image archive (`oci-layout` in a tar) with everything that is needed to know it again on a host. */
export interface ImageArtifact extends Artifact {
  /** `registry.k8s.io/kube-apiserver:v1.37.2` */
  reference: string;
  /** Digest of the image manifest, `sha256:…`: what `ctr images ls` prints after the import. */
  digest: string;
}

/** What a component is made from; each gives the same artifact or says why it cannot (`unavailable`). */
export interface Source {
  readonly name: 'bundle' | 'download' | 'build' | 'package';
  /** undefined when this source does not have it at all; throws KubewrightError when it should and cannot. */
  resolve(request: ArtifactRequest): Promise<Artifact | undefined>;
}

export interface ArtifactRequest {
  component: string;
  version: string;
  arch: string;
}
