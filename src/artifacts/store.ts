import { join } from 'node:path';
import { cacheDir } from '../base/dirs.ts';
import type { Reporter } from '../output/events.ts';
import { hostArch, requireArch } from './arch.ts';
import { Cache } from './cache.ts';
import { catalogs as pinned } from './catalog.ts';
import type { Catalog, ImageSpec } from './catalog-types.ts';
import { assemble, type Inputs, imageRecipe, templateFiles } from './image/images.ts';
import { withLock } from './lock.ts';
import { packageRoot } from './package-root.ts';
import type { Artifact, ArtifactRequest, ImageArtifact, ImageRequest, Source } from './port.ts';
import {
  catalogOf,
  clusterImages,
  clusterNames,
  componentVersion,
  imageOf,
  parts,
  unknown,
} from './selection.ts';
import { type SourceChoice, sourcesOf } from './sources.ts';
import { Supply } from './supply.ts';

export interface StoreOptions {
  env: Record<string, string | undefined>;
  reporter: Reporter;
  signal?: AbortSignal;
  /** Where from; default: built here. */
  choice?: SourceChoice;
  /** Instead of those of the choice, asked in this order. */
  sources?: Source[];
  /** The newest Kubernetes first. */
  catalogs?: readonly Catalog[];
}

/** A file that a host gets, and where. */
export interface HostFile {
  path: string;
  mode: number;
  artifact: Artifact;
}

/** What `status` says of one component or image. */
export interface Status {
  kind: 'component' | 'image';
  name: string;
  version: string;
  artifact: Artifact | ImageArtifact | undefined;
}

/**
 * The face of this folder: everything that a cluster is made of, made where it is not in the cache yet. All that take
 * a Kubernetes version throw `VersionUnknown`; where it may be left out it is the newest.
 */
export interface Store {
  /** All binaries of a host (containerd, runc, kubelet, CNI plugins). */
  hostFiles(arch: string, kubernetesVersion: string): Promise<HostFile[]>;
  /**
   * Image archives by the catalog's names; default: all that a cluster needs. `references`: what they are called in
   * the cluster, by name; a download takes exactly those, a build has the catalog's.
   */
  images(
    arch: string,
    kubernetesVersion: string,
    names?: readonly string[],
    references?: Readonly<Record<string, string>>,
  ): Promise<ImageArtifact[]>;
  /** One component, peers of tests too: kubeadm, kubectl, etcd, agnhost … */
  binary(component: string, arch?: string, kubernetesVersion?: string): Promise<Artifact>;
  /** Makes what is missing of these components and images; default: all that a cluster needs. */
  prepare(names?: readonly string[], arch?: string, kubernetesVersion?: string): Promise<void>;
  /** What is in the cache of every version, the newest first, without making anything. */
  status(arch?: string): Promise<Status[]>;
}

export function openStore(options: StoreOptions): Store {
  return new CachedStore(options);
}

class CachedStore implements Store {
  readonly #options: StoreOptions;
  readonly #catalogs: readonly Catalog[];
  readonly #cache: Cache;
  readonly #supply: Supply;
  readonly #templates = join(packageRoot(), 'templates', 'images');
  /** Makers of this process wait for each other here, before they compete for the lock. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: StoreOptions) {
    const { env, catalogs = pinned } = options;
    this.#options = options;
    this.#catalogs = catalogs;
    this.#cache = new Cache(join(cacheDir(env), 'artifacts'));
    const { choice = { source: 'build', mirror: '' } } = options;
    const common = { ...options, cache: this.#cache };
    const sources = options.sources ?? sourcesOf({ ...common, choice, catalogs });
    this.#supply = new Supply({ ...common, sources, givesWay: choice.source === 'auto' });
  }

  async hostFiles(arch: string, kubernetesVersion: string): Promise<HostFile[]> {
    const catalog = catalogOf(this.#catalogs, kubernetesVersion);
    const components = catalog.hostFiles.map(({ component }) => component);
    const requests = this.#requests(catalog, components, arch);
    const artifacts = await this.#components(requests);
    return catalog.hostFiles.map(({ path, mode }, index) => ({ path, mode, artifact: artifacts[index]! }));
  }

  async images(
    arch: string,
    kubernetesVersion: string,
    names?: readonly string[],
    references: Readonly<Record<string, string>> = {},
  ): Promise<ImageArtifact[]> {
    requireArch(arch);
    const catalog = catalogOf(this.#catalogs, kubernetesVersion);
    const wanted = (names ?? clusterImages(catalog)).map((name) => {
      const spec = imageOf(catalog, name) ?? unknown(name);
      return { spec, request: { name, arch, reference: references[name] ?? spec.reference } };
    });
    const look = () =>
      Promise.all(wanted.map(({ spec, request }) => this.#findImage(catalog, spec, request)));
    const found = await look();
    if (found.every((image) => image !== undefined)) return found;
    return this.#exclusively('making images', async () => {
      const before = await look();
      await this.#supply.makeImages(wanted.filter((_, at) => !before[at]).map(({ request }) => request));
      const downloaded = await look();
      const assembled = wanted.filter((_, at) => !downloaded[at]).map(({ spec }) => spec);
      await this.#makeComponents(this.#requests(catalog, assembled.flatMap(parts), arch));
      const images: ImageArtifact[] = [];
      for (const [at, { spec }] of wanted.entries()) {
        images.push(downloaded[at] ?? (await this.#assembled(catalog, spec, arch)));
      }
      return images;
    });
  }

  async binary(component: string, arch: string = hostArch(), version?: string): Promise<Artifact> {
    const [artifact] = await this.#components(this.#requests(this.#catalog(version), [component], arch));
    return artifact!;
  }

  async prepare(names?: readonly string[], arch: string = hostArch(), version?: string): Promise<void> {
    const catalog = this.#catalog(version);
    const wanted = names ?? clusterNames(catalog);
    const images = wanted.filter((name) => imageOf(catalog, name));
    // Where images come as they are, they are not built of parts.
    const built = this.#supply.hasImages ? [] : images;
    const components = wanted.filter(
      (name) => !images.includes(name) || (built.includes(name) && componentVersion(catalog, name)),
    );
    const all = [...components, ...built.flatMap((name) => parts(imageOf(catalog, name)!))];
    await this.#components(this.#requests(catalog, [...new Set(all)], arch));
    await this.images(arch, catalog.kubernetes, images);
  }

  async status(arch: string = hostArch()): Promise<Status[]> {
    requireArch(arch);
    const statuses = await Promise.all(this.#catalogs.map((catalog) => this.#statusOf(catalog, arch)));
    // Shared components are in each.
    return [
      ...new Map(statuses.flat().map((one) => [`${one.kind} ${one.name} ${one.version}`, one])).values(),
    ];
  }

  async #statusOf(catalog: Catalog, arch: string): Promise<Status[]> {
    const { modules, programs, packages, images } = catalog;
    const components = [
      ...modules.flatMap((module) => Object.keys(module.binaries)),
      ...[...programs, ...packages].map(({ component }) => component),
    ];
    const requests = this.#requests(catalog, components, arch);
    const artifacts = await this.#find(requests);
    const archives = await Promise.all(
      images.map((spec) => this.#findImage(catalog, spec, { ...spec, arch })),
    );
    return [
      ...requests.map(({ component: name, version }, index) => {
        const artifact = artifacts[index];
        return { kind: 'component', name, version: artifact?.version ?? version, artifact } as const;
      }),
      ...images.map(({ name, reference }, index) => {
        return { kind: 'image', name, version: reference, artifact: archives[index] } as const;
      }),
    ];
  }

  async #components(requests: readonly ArtifactRequest[]): Promise<Artifact[]> {
    const found = await this.#find(requests);
    if (found.every((artifact) => artifact !== undefined)) return found;
    return this.#exclusively('building components', () => this.#makeComponents(requests));
  }

  /** Under the lock: another builder may have made some of them meanwhile. */
  async #makeComponents(requests: readonly ArtifactRequest[]): Promise<Artifact[]> {
    const unique = [...new Map(requests.map((request) => [request.component, request])).values()];
    const found = await this.#find(unique);
    await this.#supply.makeComponents(unique.filter((_, index) => !found[index]));
    const made = await this.#find(requests);
    return made.map((artifact, index) => artifact ?? unknown(requests[index]?.component ?? ''));
  }

  async #find(requests: readonly ArtifactRequest[]): Promise<(Artifact | undefined)[]> {
    return Promise.all(requests.map((request) => this.#supply.find(request)));
  }

  /** As a source has it, or assembled of what is in the cache. */
  async #findImage(
    catalog: Catalog,
    spec: ImageSpec,
    { name, reference, arch }: ImageRequest,
  ): Promise<ImageArtifact | undefined> {
    const whole = await this.#supply.findImage({ name, reference, arch });
    if (whole) return whole;
    // Under another name it is another image, which a source may have.
    if (reference !== spec.reference && this.#supply.hasImages) return undefined;
    const inputs = await this.#inputs(catalog, spec, arch);
    if (!inputs) return undefined;
    return (await this.#cache.find(imageRecipe(spec, arch, inputs))) as ImageArtifact | undefined;
  }

  async #assembled(catalog: Catalog, spec: ImageSpec, arch: string): Promise<ImageArtifact> {
    const inputs = (await this.#inputs(catalog, spec, arch)) ?? unknown(spec.name);
    const found = await this.#cache.find(imageRecipe(spec, arch, inputs));
    if (found) return found as ImageArtifact;
    this.#options.signal?.throwIfAborted();
    return assemble(this.#cache, spec, arch, inputs);
  }

  /** Undefined while something that it is made of is missing. */
  async #inputs(catalog: Catalog, spec: ImageSpec, arch: string): Promise<Inputs | undefined> {
    const layers = await this.#find(this.#requests(catalog, spec.layers ?? [], arch));
    const files = await this.#find(this.#requests(catalog, Object.values(spec.files), arch));
    if (![...layers, ...files].every((artifact) => artifact)) return undefined;
    const paths = Object.keys(spec.files);
    return {
      layers: layers.map((layer) => layer!),
      files: files.map((file, index) => [paths[index]!, file!]),
      templates: spec.templates ? await templateFiles(join(this.#templates, spec.templates)) : [],
    };
  }

  #exclusively<T>(purpose: string, work: () => Promise<T>): Promise<T> {
    const { env, reporter, signal } = this.#options;
    const id = 'components-lock';
    let waiting = false;
    const turn = this.#queue.then(() =>
      withLock(
        {
          folder: this.#cache.folder,
          purpose,
          env,
          signal,
          onWait: (seen) => {
            waiting = true;
            reporter.emit({ type: 'waiting', id, for: 'another run that makes components', seen });
          },
        },
        async () => {
          if (waiting) {
            reporter.emit({ type: 'waiting', id, for: 'another run that makes components', finished: true });
          }
          await this.#cache.sweep();
          return work();
        },
      ),
    );
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  #catalog(version: string | undefined): Catalog {
    return version === undefined ? this.#catalogs[0]! : catalogOf(this.#catalogs, version);
  }

  #requests(catalog: Catalog, components: readonly string[], arch: string): ArtifactRequest[] {
    requireArch(arch);
    return components.map((component) => {
      const version = componentVersion(catalog, component) ?? unknown(component);
      return { component, version, arch };
    });
  }
}
