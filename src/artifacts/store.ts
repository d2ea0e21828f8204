import { join } from 'node:path';
import { cacheDir } from '../base/dirs.ts';
import type { Reporter } from '../output/events.ts';
import { hostArch, requireArch } from './arch.ts';
import { BuildSource } from './build/source.ts';
import { Cache } from './cache.ts';
import { catalogs as pinned } from './catalog.ts';
import type { Catalog, ImageSpec } from './catalog-types.ts';
import { assemble, type Inputs, imageRecipe, templateFiles } from './image/images.ts';
import { withLock } from './lock.ts';
import { make } from './maker.ts';
import { PackageSource } from './package/source.ts';
import { packageRoot } from './package-root.ts';
import type { Artifact, ArtifactRequest, ImageArtifact, Source } from './port.ts';
import {
  allParts,
  catalogOf,
  clusterImages,
  clusterNames,
  componentVersion,
  imageOf,
  parts,
  unavailable,
  unknown,
} from './selection.ts';

export interface StoreOptions {
  env: Record<string, string | undefined>;
  reporter: Reporter;
  signal?: AbortSignal;
  /** Asked in this order; default: build from pinned modules, distribution packages. */
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
  /** Image archives by the catalog's names; default: all that a cluster needs. */
  images(arch: string, kubernetesVersion: string, names?: readonly string[]): Promise<ImageArtifact[]>;
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
  readonly #sources: Source[];
  readonly #templates = join(packageRoot(), 'templates', 'images');
  /** Makers of this process wait for each other here, before they compete for the lock. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: StoreOptions) {
    const { env, catalogs = pinned } = options;
    this.#options = options;
    this.#catalogs = catalogs;
    this.#cache = new Cache(join(cacheDir(env), 'artifacts'));
    const common = { catalog: allParts(catalogs), cache: this.#cache, env };
    const folders = { components: join(packageRoot(), 'components'), templates: this.#templates };
    this.#sources = options.sources ?? [
      new BuildSource({ ...common, ...folders }),
      new PackageSource(common),
    ];
  }

  async hostFiles(arch: string, kubernetesVersion: string): Promise<HostFile[]> {
    const catalog = catalogOf(this.#catalogs, kubernetesVersion);
    const components = catalog.hostFiles.map(({ component }) => component);
    const requests = this.#requests(catalog, components, arch);
    const artifacts = await this.#components(requests);
    return catalog.hostFiles.map(({ path, mode }, index) => ({ path, mode, artifact: artifacts[index]! }));
  }

  async images(arch: string, kubernetesVersion: string, names?: readonly string[]): Promise<ImageArtifact[]> {
    const catalog = catalogOf(this.#catalogs, kubernetesVersion);
    const specs = (names ?? clusterImages(catalog)).map((name) => imageOf(catalog, name) ?? unknown(name));
    const found = await Promise.all(specs.map((spec) => this.#findImage(catalog, spec, arch)));
    if (found.every((image) => image !== undefined)) return found;
    return this.#exclusively('assembling images', async () => {
      await this.#makeComponents(this.#requests(catalog, specs.flatMap(parts), arch));
      const images: ImageArtifact[] = [];
      for (const spec of specs) images.push(await this.#assembled(catalog, spec, arch));
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
    const components = wanted.filter((name) => !images.includes(name) || componentVersion(catalog, name));
    const all = [...components, ...images.flatMap((name) => parts(imageOf(catalog, name)!))];
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
    const archives = await Promise.all(images.map((spec) => this.#findImage(catalog, spec, arch)));
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
    let missing = unique.filter((_, index) => !found[index]);
    const works = [];
    for (const source of this.#sources) {
      const has = missing.length > 0 ? await source.work(missing) : [];
      works.push(...has);
      const taken = has.flatMap((work) => work.components);
      missing = missing.filter(({ component }) => !taken.includes(component));
    }
    if (missing.length > 0) throw unavailable(missing, this.#sources);
    await make({ ...this.#options, cache: this.#cache }, works);
    const made = await this.#find(requests);
    return made.map((artifact, index) => artifact ?? unknown(requests[index]?.component ?? ''));
  }

  async #find(requests: readonly ArtifactRequest[]): Promise<(Artifact | undefined)[]> {
    return Promise.all(requests.map((request) => this.#findOne(request)));
  }

  async #findOne(request: ArtifactRequest): Promise<Artifact | undefined> {
    for (const source of this.#sources) {
      const artifact = await source.find(request);
      if (artifact) return artifact;
    }
    return undefined;
  }

  async #findImage(catalog: Catalog, spec: ImageSpec, arch: string): Promise<ImageArtifact | undefined> {
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
