import { readFile } from 'node:fs/promises';
import { cacheFile, writeCache } from './cache-file.ts';
import type { ApiEndpoint, ApiRequest, ApiResponse, ResourceType } from './port.ts';

const MAX_AGE_MS = 6 * 60 * 60 * 1000;
const ACCEPT = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',');

/** apidiscovery.k8s.io/v2 APIGroupDiscoveryList, as far as it is used (KEP-3352). */
interface GroupList {
  items?: {
    metadata?: { name?: string };
    versions?: {
      version: string;
      freshness?: 'Current' | 'Stale';
      resources?: {
        resource: string;
        responseKind?: { group: string; version: string; kind: string };
        scope?: 'Namespaced' | 'Cluster';
        singularResource?: string;
        verbs?: string[];
        shortNames?: string[];
        categories?: string[];
        subresources?: { subresource: string }[];
      }[];
    }[];
  }[];
}

interface Cached {
  server: string;
  time: number;
  types: ResourceType[];
}

type Ask = <T>(request: ApiRequest) => Promise<ApiResponse<T>>;

/** The types of one server: asked for once in a run, and once in six hours where there is a cache folder. */
export class Discovery {
  #types: Promise<ResourceType[]> | undefined;
  readonly #endpoint: ApiEndpoint;
  readonly #ask: Ask;
  readonly #options: { cacheDir?: string; warn?: (text: string) => void };

  constructor(
    endpoint: ApiEndpoint,
    ask: Ask,
    options: { cacheDir?: string; warn?: (text: string) => void },
  ) {
    this.#endpoint = endpoint;
    this.#ask = ask;
    this.#options = options;
  }

  types(fresh: boolean): Promise<ResourceType[]> {
    if (fresh || !this.#types) {
      const asked = this.#load(fresh);
      this.#types = asked;
      asked.catch(() => {
        if (this.#types === asked) this.#types = undefined;
      });
    }
    return this.#types as Promise<ResourceType[]>;
  }

  async #load(fresh: boolean): Promise<ResourceType[]> {
    const kept = fresh ? undefined : await this.#read();
    if (kept) return kept;
    const [core, groups] = await Promise.all(
      ['/api', '/apis'].map((path) => this.#ask<GroupList>({ path, accept: ACCEPT })),
    );
    const { types, stale } = flatten([core!.body, groups!.body]);
    if (stale.length > 0)
      this.#options.warn?.(`no current answer about ${stale.join(', ')}: the server behind it may be down`);
    else await this.#write(types).catch(() => undefined);
    return types;
  }

  #file(): string | undefined {
    const { cacheDir } = this.#options;
    return cacheDir ? cacheFile(this.#endpoint, cacheDir, 'json') : undefined;
  }

  async #read(): Promise<ResourceType[] | undefined> {
    const file = this.#file();
    if (!file) return undefined;
    try {
      const cached = JSON.parse(await readFile(file, 'utf8')) as Cached;
      const age = Date.now() - cached.time;
      return cached.server === this.#endpoint.server && age >= 0 && age < MAX_AGE_MS
        ? cached.types
        : undefined;
    } catch {
      return undefined;
    }
  }

  async #write(types: ResourceType[]): Promise<void> {
    const file = this.#file();
    if (!file) return;
    const cached: Cached = { server: this.#endpoint.server, time: Date.now(), types };
    await writeCache(file, JSON.stringify(cached));
  }
}

/** Exported for tests: what the two answers say, in the server's order of preference. */
export function flatten(lists: GroupList[]): { types: ResourceType[]; stale: string[] } {
  const types: ResourceType[] = [];
  const stale: string[] = [];
  let preference = 0;
  for (const item of lists.flatMap((list) => list.items ?? [])) {
    const group = item.metadata?.name ?? '';
    for (const { version, freshness, resources = [] } of item.versions ?? []) {
      if (freshness === 'Stale') stale.push(group === '' ? version : `${group}/${version}`);
      for (const found of resources) {
        types.push({
          group,
          version,
          kind: found.responseKind?.kind ?? '',
          resource: found.resource,
          singular: found.singularResource || (found.responseKind?.kind ?? '').toLowerCase(),
          shortNames: found.shortNames ?? [],
          categories: found.categories ?? [],
          namespaced: found.scope === 'Namespaced',
          verbs: found.verbs ?? [],
          subresources: (found.subresources ?? []).map((sub) => sub.subresource),
          preference,
        });
      }
      preference++;
    }
  }
  return { types, stale };
}
