import { mapLimit } from '../../base/concurrency.ts';
import { isForbidden, isNotFound } from '../errors.ts';
import { resourcePath } from '../paths.ts';
import type { ApiClient, KubeObject, ResourceType } from '../port.ts';
import type { ManagedFieldsEntry } from './managed-fields.ts';

/** What is there before the apply: the version tells whether anything changed, the entries who owns what. */
export interface LiveState {
  resourceVersion: string;
  managedFields: ManagedFieldsEntry[];
}

export interface Wanted {
  type: ResourceType;
  namespace?: string;
  name: string;
}

const ONE = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
/** From so many objects of one type in one namespace on, one list is cheaper than asking for each. */
const LIST_FROM = 8;
const PAGE = 500;

const keyOf = ({ type, namespace, name }: Wanted): string =>
  `${type.group}/${type.version}/${type.resource}/${namespace ?? ''}/${name}`;

/** Only metadata is asked for, so that reading costs a fraction of writing. */
export class LiveStates {
  readonly #found = new Map<string, LiveState | null>();
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async load(wanted: readonly Wanted[], concurrency: number): Promise<void> {
    const groups = Map.groupBy(wanted, (one) => keyOf({ ...one, name: '' }));
    const large = [...groups.values()].filter((group) => group.length >= LIST_FROM);
    await mapLimit(large, concurrency, (group) => this.#list(group));
  }

  /** undefined where there is no such object. */
  async get(wanted: Wanted): Promise<LiveState | undefined> {
    const known = this.#found.get(keyOf(wanted));
    return known === undefined ? this.read(wanted) : (known ?? undefined);
  }

  async read({ type, namespace, name }: Wanted): Promise<LiveState | undefined> {
    try {
      const path = resourcePath(type, { namespace, name });
      return stateOf((await this.#client.request<KubeObject>({ path, accept: ONE })).body);
    } catch (error) {
      // Who may patch but not get still can apply: what changed is then unknown.
      if (isNotFound(error) || isForbidden(error)) return undefined;
      throw error;
    }
  }

  /** One page: a namespace with more objects than that is asked object by object. */
  async #list(group: readonly Wanted[]): Promise<void> {
    const { type, namespace } = group[0]!;
    try {
      const { body } = await this.#client.request<{
        metadata?: { continue?: string };
        items?: KubeObject[];
      }>({ path: resourcePath(type, { namespace }), query: { limit: PAGE }, accept: LIST });
      for (const item of body.items ?? [])
        this.#found.set(keyOf({ type, namespace, name: item.metadata.name ?? '' }), stateOf(item));
      if (body.metadata?.continue) return;
      for (const one of group) if (!this.#found.has(keyOf(one))) this.#found.set(keyOf(one), null);
    } catch (error) {
      if (!isNotFound(error) && !isForbidden(error)) throw error;
    }
  }
}

function stateOf({ metadata }: KubeObject): LiveState {
  return {
    resourceVersion: metadata.resourceVersion ?? '',
    managedFields: (metadata.managedFields as ManagedFieldsEntry[] | undefined) ?? [],
  };
}
