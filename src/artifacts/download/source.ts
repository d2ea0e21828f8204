import type { Reporter } from '../../output/events.ts';
import type { Cache } from '../cache.ts';
import type { Catalog } from '../catalog-types.ts';
import type { Artifact, ArtifactRequest, ImageArtifact, ImageRequest, Source, Work } from '../port.ts';
import type { Means } from './files.ts';
import type { HttpOptions } from './http.ts';
import { Pins, pinFile } from './pins.ts';
import { downloadedImageRecipe, fileRecipe, imageKey, type WantedFile, type WantedImage } from './recipes.ts';
import { upstreamFile, upstreamImage } from './upstream.ts';

export interface DownloadOptions extends HttpOptions {
  catalog: Pick<Catalog, 'modules'> & { images: Catalog['images'] };
  cache: Cache;
  reporter: Reporter;
  /** Base URL that has all of upstream's hosts as folders; empty: upstream itself. */
  mirror: string;
}

/** How often a download says how far it is. */
const REPORT_MS = 100;

/** What upstream has built and released, or a mirror of it: verified by its checksum, pinned from the first time on. */
export class DownloadSource implements Source {
  readonly name = 'download';
  readonly #options: DownloadOptions;
  readonly #pins: Pins;

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#pins = new Pins(pinFile(options.env));
  }

  async find(request: ArtifactRequest): Promise<Artifact | undefined> {
    const file = this.#file(request);
    return file && this.#pinned(await this.#options.cache.find(fileRecipe({ request, file })));
  }

  async findImage(request: ImageRequest): Promise<ImageArtifact | undefined> {
    if (!this.#image(request)) return undefined;
    return this.#pinned(
      (await this.#options.cache.find(downloadedImageRecipe(request))) as ImageArtifact | undefined,
    );
  }

  /** Asks for all checksums first: whether upstream is there, and has everything, is known before anything large. */
  async work(requests: readonly ArtifactRequest[]): Promise<Work[]> {
    const wanted = requests.flatMap((request) => {
      const file = this.#file(request);
      return file ? [{ request, file }] : [];
    });
    const groups = Object.values(Object.groupBy(wanted, ({ file }) => file.url)) as WantedFile[][];
    const { expectedChecksum, fetchFile } = await import('./files.ts');
    await this.#with((means) => Promise.all(groups.map(([first]) => expectedChecksum(means, first!.file))));
    return groups.map((group) =>
      this.#job(
        baseName(group[0]!.file.url),
        group.map(({ request }) => request.component),
        (means) => fetchFile(means, group),
      ),
    );
  }

  async imageWork(requests: readonly ImageRequest[]): Promise<Work[]> {
    const wanted = requests.flatMap((request) => {
      const image = this.#image(request);
      return image ? [{ request, image }] : [];
    });
    const { fetchImage, probeImage } = await import('./images.ts');
    await this.#with((means) => Promise.all(wanted.map((one) => probeImage(means, one))));
    return wanted.map((one) =>
      this.#job(labelOf(one), [one.request.name], (means) => fetchImage(means, one)),
    );
  }

  /** What is in the cache is used only while it is what is pinned. */
  async #pinned<T extends Artifact>(artifact: T | undefined): Promise<T | undefined> {
    if (!artifact?.origin) return undefined;
    const pin = await this.#pins.get(artifact.origin.url);
    return pin === undefined || pin === artifact.origin.sha256 ? artifact : undefined;
  }

  #file({ component, version, arch }: ArtifactRequest) {
    const module = this.#options.catalog.modules.find(
      (one) => Object.hasOwn(one.binaries, component) && one.version === version,
    );
    return module && upstreamFile(component, module, version, arch);
  }

  #image(request: ImageRequest) {
    const specs = this.#options.catalog.images.filter(({ name }) => name === request.name);
    const spec = specs.find(({ reference }) => reference === request.reference) ?? specs[0];
    return spec && upstreamImage(spec, request.reference, request.arch);
  }

  #job(label: string, components: string[], run: (means: Means) => Promise<void>): Work {
    return {
      label,
      components,
      seconds: 0,
      download: true,
      run: (signal) => this.#with(run, { label, signal }),
    };
  }

  /** Connections live as long as the work does. */
  async #with<T>(
    work: (means: Means) => Promise<T>,
    { label = '', signal = this.#options.signal }: { label?: string; signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const { cache, mirror } = this.#options;
    const { Http } = await import('./http.ts');
    const http = new Http({ ...this.#options, ...(signal ? { signal } : {}) });
    const progress = label ? this.#progress(label) : undefined;
    try {
      const means = {
        http,
        cache,
        pins: this.#pins,
        mirror,
        ...(progress ? { onProgress: progress.at } : {}),
      };
      const done = await work(means);
      progress?.finish();
      return done;
    } finally {
      await http.close();
    }
  }

  #progress(label: string): { at: (done: number, total: number) => void; finish: () => void } {
    const { reporter } = this.#options;
    const last = { at: 0, done: 0, total: 0 };
    const emit = (finished: boolean) => {
      const { done, total } = last;
      const text = `downloading ${label}`;
      reporter.emit({
        type: 'progress',
        id: `download-${label}`,
        label: text,
        done,
        total,
        unit: 'bytes',
        finished,
      });
    };
    return {
      at: (done, total) => {
        const now = performance.now();
        const due = now - last.at > REPORT_MS;
        Object.assign(last, { done, total }, due ? { at: now } : {});
        if (due) emit(false);
      },
      finish: () => emit(true),
    };
  }
}

function labelOf(wanted: WantedImage): string {
  return wanted.image.kind === 'archive' ? baseName(imageKey(wanted)) : wanted.request.reference;
}

function baseName(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
