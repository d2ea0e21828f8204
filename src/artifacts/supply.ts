import type { Reporter } from '../output/events.ts';
import type { Cache } from './cache.ts';
import { UNREACHABLE } from './download/failures.ts';
import { make } from './maker.ts';
import type { Artifact, ArtifactRequest, ImageArtifact, ImageRequest, Source, Work } from './port.ts';
import { unavailable } from './selection.ts';

export interface SupplyOptions {
  /** Asked in this order. */
  sources: readonly Source[];
  /** `auto`: where upstream cannot be reached, a download gives way to the sources after it. */
  givesWay: boolean;
  cache: Cache;
  reporter: Reporter;
  signal?: AbortSignal;
}

/** The sources together. */
export class Supply {
  readonly #options: SupplyOptions;
  /** Those that could not be reached in this run: asked once, told once. */
  readonly #out = new Set<Source>();

  constructor(options: SupplyOptions) {
    this.#options = options;
  }

  /** What is in the cache, whichever source it came from. */
  async find(request: ArtifactRequest): Promise<Artifact | undefined> {
    for (const source of this.#options.sources) {
      const artifact = await source.find(request);
      if (artifact) return artifact;
    }
    return undefined;
  }

  async findImage(request: ImageRequest): Promise<ImageArtifact | undefined> {
    for (const source of this.#options.sources) {
      const image = await source.findImage?.(request);
      if (image) return image;
    }
    return undefined;
  }

  /** Whether any source has whole images, so that they need not be assembled of components. */
  get hasImages(): boolean {
    return this.#asked().some(({ imageWork }) => imageWork !== undefined);
  }

  /** Afterwards all of `requests` are in the cache, or it throws. */
  async makeComponents(requests: readonly ArtifactRequest[]): Promise<void> {
    const { sources } = this.#options;
    const { works, missing } = await this.#share(
      requests,
      ({ component }) => component,
      (source, rest) => source.work(rest),
    );
    if (missing.length > 0) throw unavailable(missing, sources);
    await this.#make(works);
  }

  /** Afterwards those of `requests` that a source has as a whole are in the cache. */
  async makeImages(requests: readonly ImageRequest[]): Promise<void> {
    const { works } = await this.#share(
      requests,
      ({ name }) => name,
      async (source, rest) => (await source.imageWork?.(rest)) ?? [],
    );
    await this.#make(works);
  }

  /** Each source takes what it has of what those before it left. */
  async #share<R>(
    requests: readonly R[],
    nameOf: (request: R) => string,
    ask: (source: Source, rest: R[]) => Promise<Work[]>,
  ): Promise<{ works: Work[]; missing: R[] }> {
    let missing = [...requests];
    const works: Work[] = [];
    for (const source of this.#asked()) {
      const has = missing.length > 0 ? await this.#unlessOut(source, () => ask(source, missing)) : [];
      works.push(...has);
      const taken = has.flatMap(({ components }) => components);
      missing = missing.filter((request) => !taken.includes(nameOf(request)));
    }
    return { works, missing };
  }

  #make(works: readonly Work[]): Promise<void> {
    return make(this.#options, works);
  }

  #asked(): Source[] {
    return this.#options.sources.filter((source) => !this.#out.has(source));
  }

  async #unlessOut(source: Source, work: () => Promise<Work[]>): Promise<Work[]> {
    try {
      return await work();
    } catch (error) {
      const unreachable = (error as { code?: string }).code === UNREACHABLE;
      if (!unreachable || !this.#options.givesWay || source.name !== 'download') throw error;
      this.#out.add(source);
      const text = `${(error as Error).message}: what is missing is built here instead of downloaded.`;
      this.#options.reporter.emit({ type: 'message', level: 'info', text });
      return [];
    }
  }
}
