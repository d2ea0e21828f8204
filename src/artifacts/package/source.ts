import { readFile } from 'node:fs/promises';
import { hostArch } from '../arch.ts';
import { type Cache, type Recipe, recipe } from '../cache.ts';
import type { Catalog, DistributionPackage } from '../catalog-types.ts';
import type { Artifact, ArtifactRequest, Source, Work } from '../port.ts';

export interface PackageOptions {
  catalog: Pick<Catalog, 'packages'>;
  cache: Cache;
  env: Record<string, string | undefined>;
}

/**
 * Programs of this machine's distribution (Debian, Ubuntu), fetched and verified by apt against its signatures, as
 * one image layer with the libraries that they load. Which version comes is the distribution's to say: the
 * catalog's is `distribution`, and the record keeps the version and sha256 of every package.
 */
export class PackageSource implements Source {
  readonly name = 'package';
  readonly #options: PackageOptions;

  constructor(options: PackageOptions) {
    this.#options = options;
  }

  async find(request: ArtifactRequest): Promise<Artifact | undefined> {
    const wanted = this.#wanted(request);
    return wanted && this.#options.cache.find(await layerRecipe(wanted, request.arch));
  }

  async work(requests: readonly ArtifactRequest[]): Promise<Work[]> {
    const arch = requests[0]?.arch ?? hostArch();
    const wanted = requests.flatMap((request) => this.#wanted(request) ?? []);
    if (wanted.length === 0) return [];
    const { packageLayer, requireApt } = await import('./apt.ts');
    await requireApt(
      wanted.map((one) => one.package),
      this.#options.env,
    );
    return wanted.map((one) => ({
      label: `${one.package} of this distribution`,
      components: [one.component],
      seconds: one.seconds,
      run: async (signal) =>
        packageLayer(this.#options, { wanted: one, recipe: await layerRecipe(one, arch), arch, signal }),
    }));
  }

  #wanted(request: ArtifactRequest): DistributionPackage | undefined {
    if (request.version !== DISTRIBUTION) return undefined;
    return this.#options.catalog.packages.find((one) => one.component === request.component);
  }
}

/** The version that the catalog asks for where the distribution decides. */
export const DISTRIBUTION = 'distribution';

async function layerRecipe(wanted: DistributionPackage, arch: string): Promise<Recipe> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(release)?.[1] ?? '';
  const distribution = [field('ID'), field('VERSION_ID'), field('VERSION_CODENAME')];
  return recipe(wanted.component, [1, wanted.package, wanted.programs, distribution, arch]);
}
