import { KubewrightError } from '../base/errors.ts';
import type { Catalog, ImageSpec } from './catalog-types.ts';
import { DISTRIBUTION } from './package/source.ts';
import type { ArtifactRequest, Source } from './port.ts';

/** Names of every host file's component and every image that a cluster needs. */
export function clusterNames(catalog: Catalog): string[] {
  return [...catalog.hostFiles.map(({ component }) => component), ...clusterImages(catalog)];
}

export function clusterImages({ images, peers }: Catalog): string[] {
  return images.map(({ name }) => name).filter((name) => !peers.images.includes(name));
}

/** The version that a catalog has of a component, if it has it. */
export function componentVersion(catalog: Catalog, component: string): string | undefined {
  const { modules, programs, packages } = catalog;
  return (
    modules.find(({ binaries }) => Object.hasOwn(binaries, component))?.version ??
    programs.find((program) => program.component === component)?.version ??
    (packages.some((one) => one.component === component) ? DISTRIBUTION : undefined)
  );
}

export function imageOf({ images }: Catalog, name: string): ImageSpec | undefined {
  return images.find((spec) => spec.name === name);
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

/** The catalog of a Kubernetes version; `1.37.2` and `v1.37.2` are the same. */
export function catalogOf(catalogs: readonly Catalog[], version: string): Catalog {
  const found = catalogs.find(({ kubernetes }) => kubernetes === version || kubernetes === `v${version}`);
  if (found) return found;
  const known = catalogs.map(({ kubernetes }) => kubernetes).join(' or ');
  throw new KubewrightError({
    code: 'VersionUnknown',
    message: `Kubernetes ${version} is not in this kubewright's catalog`,
    hint: `Use ${known}, or a kubewright that knows ${version}.`,
    exit: 'invalidInput',
  });
}

export type Parts = Pick<Catalog, 'modules' | 'programs' | 'packages'>;

/** What all of them are made of, each thing once. */
export function allParts(catalogs: readonly Catalog[]): Parts {
  return {
    modules: unique(catalogs.flatMap(({ modules }) => modules)),
    programs: unique(catalogs.flatMap(({ programs }) => programs)),
    packages: unique(catalogs.flatMap(({ packages }) => packages)),
  };
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
