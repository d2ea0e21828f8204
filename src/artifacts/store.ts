import { join } from 'node:path';
import { cacheDir } from '../base/dirs.ts';
import type { Reporter } from '../output/events.ts';
import { hostArch, requireArch } from './arch.ts';
import { BuildSource } from './build/source.ts';
import { Cache } from './cache.ts';
import { catalog as pinned } from './catalog.ts';
import type { Catalog, ImageSpec } from './catalog-types.ts';
import { assemble, type Inputs, imageRecipe, templateFiles } from './image/images.ts';
import { withLock } from './lock.ts';
import { make } from './maker.ts';
import { DISTRIBUTION, PackageSource } from './package/source.ts';
import { packageRoot } from './package-root.ts';
import type { Artifact, ArtifactRequest, ImageArtifact, Source } from './port.ts';
import { clusterImages, clusterNames, parts, requireVersion, unavailable, unknown } from './selection.ts';

export interface StoreOptions {
  env: Record<string, string | undefined>;
  reporter: Reporter;
  signal?: AbortSignal;
  /** Asked in this order; default: build from pinned modules, distribution packages. */
  sources?: Source[];
  catalog?: Catalog;
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

/** The face of this folder: everything that a cluster is made of, made where it is not in the cache yet. */
export interface Store {
  /** All binaries of a host (containerd, runc, kubelet, CNI plugins). Throws `VersionUnknown`. */
  hostFiles(arch: string, kubernetesVersion: string): Promise<HostFile[]>;
  /** Image archives by the catalog's names; default: all that a cluster needs. */
  images(arch: string, names?: readonly string[]): Promise<ImageArtifact[]>;
  /** One component, peers of tests too: kubeadm, kubectl, etcd, agnhost … */
  binary(component: string, arch?: string): Promise<Artifact>;
  /** Makes what is missing of these components and images; default: all that a cluster needs. */
  prepare(names?: readonly string[], arch?: string): Promise<void>;
  /** What is in the cache, without making anything. */
  status(arch?: string): Promise<Status[]>;
}

export function openStore(options: StoreOptions): Store {
  return new CachedStore(options);
}

class CachedStore implements Store {
  readonly #options: StoreOptions;
  readonly #catalog: Catalog;
  readonly #cache: Cache;
  readonly #sources: Source[];
  readonly #templates = join(packageRoot(), 'templates', 'images');
  /** Makers of this process wait for each other here, before they compete for the lock. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: StoreOptions) {
    const { env, catalog = pinned } = options;
    this.#options = options;
    this.#catalog = catalog;
    this.#cache = new Cache(join(cacheDir(env), 'artifacts'));
    const common = { catalog, cache: this.#cache, env };
    const folders = { components: join(packageRoot(), 'components'), templates: this.#templates };
    this.#sources = options.sources ?? [
      new BuildSource({ ...common, ...folders }),
      new PackageSource(common),
    ];
  }

  async hostFiles(arch: string, kubernetesVersion: string): Promise<HostFile[]> {
    requireVersion(this.#catalog, kubernetesVersion);
    const files = this.#catalog.hostFiles;
    const artifacts = await this.#components(
      files.map(({ component }) => component),
      arch,
    );
    return files.map(({ path, mode }, index) => ({ path, mode, artifact: artifacts[index]! }));
  }

  async images(
    arch: string,
    names: readonly string[] = clusterImages(this.#catalog),
  ): Promise<ImageArtifact[]> {
    const specs = names.map((name) => this.#image(name) ?? unknown(name));
    const found = await this.#findImages(specs, arch);
    if (found.every((image) => image !== undefined)) return found;
    return this.#exclusively('assembling images', async () => {
      await this.#makeComponents(specs.flatMap(parts), arch);
      const images: ImageArtifact[] = [];
      for (const spec of specs) images.push(await this.#assembled(spec, arch));
      return images;
    });
  }

  async binary(component: string, arch: string = hostArch()): Promise<Artifact> {
    const [artifact] = await this.#components([component], arch);
    return artifact!;
  }

  async prepare(names?: readonly string[], arch: string = hostArch()): Promise<void> {
    const wanted = names ?? clusterNames(this.#catalog);
    const images = wanted.filter((name) => this.#image(name));
    const components = wanted.filter((name) => !this.#image(name) || this.#version(name));
    const all = [...components, ...images.flatMap((name) => parts(this.#image(name)!))];
    await this.#components([...new Set(all)], arch);
    await this.images(arch, images);
  }

  async status(arch: string = hostArch()): Promise<Status[]> {
    requireArch(arch);
    const { modules, programs, packages, images } = this.#catalog;
    const components = [
      ...modules.flatMap((module) => Object.keys(module.binaries)),
      ...[...programs, ...packages].map(({ component }) => component),
    ];
    const artifacts = await this.#find(components, arch);
    const archives = await this.#findImages(images, arch);
    return [
      ...components.map((name, index) => {
        const artifact = artifacts[index];
        return {
          kind: 'component',
          name,
          version: artifact?.version ?? this.#version(name)!,
          artifact,
        } as const;
      }),
      ...images.map(({ name, reference }, index) => {
        return { kind: 'image', name, version: reference, artifact: archives[index] } as const;
      }),
    ];
  }

  async #components(names: readonly string[], arch: string): Promise<Artifact[]> {
    const found = await this.#find(names, arch);
    if (found.every((artifact) => artifact !== undefined)) return found;
    return this.#exclusively('building components', () => this.#makeComponents(names, arch));
  }

  /** Under the lock: another builder may have made some of them meanwhile. */
  async #makeComponents(names: readonly string[], arch: string): Promise<Artifact[]> {
    const unique = [...new Set(names)];
    const found = await this.#find(unique, arch);
    let missing = unique.filter((_, index) => !found[index]).map((name) => this.#request(name, arch));
    const works = [];
    for (const source of this.#sources) {
      const has = missing.length > 0 ? await source.work(missing) : [];
      works.push(...has);
      const taken = has.flatMap((work) => work.components);
      missing = missing.filter(({ component }) => !taken.includes(component));
    }
    if (missing.length > 0) throw unavailable(missing, this.#sources);
    await make({ ...this.#options, cache: this.#cache }, works);
    const made = await this.#find(names, arch);
    return made.map((artifact, index) => artifact ?? unknown(names[index] ?? ''));
  }

  async #find(names: readonly string[], arch: string): Promise<(Artifact | undefined)[]> {
    requireArch(arch);
    return Promise.all(names.map((name) => this.#findOne(this.#request(name, arch))));
  }

  async #findOne(request: ArtifactRequest): Promise<Artifact | undefined> {
    for (const source of this.#sources) {
      const artifact = await source.find(request);
      if (artifact) return artifact;
    }
    return undefined;
  }

  #findImages(specs: readonly ImageSpec[], arch: string): Promise<(ImageArtifact | undefined)[]> {
    return Promise.all(
      specs.map(async (spec) => {
        const inputs = await this.#inputs(spec, arch);
        if (!inputs) return undefined;
        return (await this.#cache.find(imageRecipe(spec, arch, inputs))) as ImageArtifact | undefined;
      }),
    );
  }

  async #assembled(spec: ImageSpec, arch: string): Promise<ImageArtifact> {
    const inputs = (await this.#inputs(spec, arch)) ?? unknown(spec.name);
    const found = await this.#cache.find(imageRecipe(spec, arch, inputs));
    if (found) return found as ImageArtifact;
    this.#options.signal?.throwIfAborted();
    return assemble(this.#cache, spec, arch, inputs);
  }

  /** Undefined while something that it is made of is missing. */
  async #inputs(spec: ImageSpec, arch: string): Promise<Inputs | undefined> {
    const layers = await this.#find(spec.layers ?? [], arch);
    const files = await this.#find(Object.values(spec.files), arch);
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

  #request(component: string, arch: string): ArtifactRequest {
    return { component, version: this.#version(component) ?? unknown(component), arch };
  }

  #version(component: string): string | undefined {
    const { modules, programs, packages } = this.#catalog;
    return (
      modules.find(({ binaries }) => Object.hasOwn(binaries, component))?.version ??
      programs.find((program) => program.component === component)?.version ??
      (packages.some((one) => one.component === component) ? DISTRIBUTION : undefined)
    );
  }

  #image(name: string): ImageSpec | undefined {
    return this.#catalog.images.find((spec) => spec.name === name);
  }
}
