import { KubewrightError } from '../base/errors.ts';
import type { Catalog, ImageSpec } from './catalog-types.ts';
import type { ArtifactRequest, Source } from './port.ts';

/** Names of every host file's component and every image that a cluster needs. */
export function clusterNames(catalog: Catalog): string[] {
  return [...catalog.hostFiles.map(({ component }) => component), ...clusterImages(catalog)];
}

export function clusterImages({ images, peers }: Catalog): string[] {
  return images.map(({ name }) => name).filter((name) => !peers.images.includes(name));
}

/** Every component that an image is made of. */
export function parts(spec: ImageSpec): string[] {
  return [...(spec.layers ?? []), ...Object.values(spec.files)];
}

export function unknown(name: string): never {
  throw new KubewrightError({
    code: 'ArtifactUnknown',
    message: `there is no component or image ${name} in the catalog`,
    exit: 'invalidInput',
  });
}

export function unavailable(
  missing: readonly ArtifactRequest[],
  sources: readonly Source[],
): KubewrightError {
  const what = missing.map(({ component, version, arch }) => `${component} ${version} (${arch})`).join(', ');
  return new KubewrightError({
    code: 'ArtifactUnavailable',
    message: `no source has ${what}`,
    hint: `Asked: ${sources.map(({ name }) => name).join(', ') || 'no source at all'}.`,
    exit: 'artifact',
  });
}

/** `1.37.2` and `v1.37.2` are the same. */
export function requireVersion(catalog: Catalog, version: string): void {
  const known = catalog.kubernetes;
  if (version === known || `v${version}` === known) return;
  throw new KubewrightError({
    code: 'VersionUnknown',
    message: `Kubernetes ${version} is not in this kubewright's catalog`,
    hint: `Use ${known}, or a kubewright that knows ${version}.`,
    exit: 'invalidInput',
  });
}
