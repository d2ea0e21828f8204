import { randomBytes, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../src/kube/port.ts';
import { RESOURCES, type Resource } from './resources.ts';

/** As an API server refuses: its HTTP status and metav1.Status' reason. */
export class Refused extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export interface Place {
  type: Resource;
  namespace?: string | undefined;
  name?: string | undefined;
}

type Objects = ReadonlyMap<string, KubeObject>;

/** Contents of one etcd cluster, as an API server keeps them. Objects are never changed, only replaced. */
export class Store {
  #objects = new Map<string, KubeObject>();
  #revision = 1;

  constructor() {
    for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
      const namespace = {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
        status: { phase: 'Active' },
      };
      this.#put({ type: typeOf('Namespace'), name }, namespace);
    }
  }

  snapshot(): { objects: Objects; revision: number } {
    return { objects: new Map(this.#objects), revision: this.#revision };
  }

  restore({ objects, revision }: { objects: Objects; revision: number }): void {
    this.#objects = new Map(objects);
    this.#revision = revision;
  }

  find(place: Place): KubeObject | undefined {
    return this.#objects.get(keyOf(place));
  }

  get(place: Place): KubeObject {
    const found = this.find(place);
    if (!found) throw new Refused(404, 'NotFound', `${place.type.resource} "${place.name}" not found`);
    return found;
  }

  list({ type, namespace }: Place): KubeObject[] {
    const start = keyOf({ type, namespace, name: '' });
    const prefix = namespace === undefined ? start.slice(0, start.indexOf('/', 0) + 1) : start;
    return [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  }

  create(place: Place, given: KubeObject): KubeObject {
    const { generateName, name = `${generateName}${randomBytes(3).toString('hex')}` } = given.metadata;
    const at = { ...place, name };
    if (this.find(at))
      throw new Refused(409, 'AlreadyExists', `${place.type.resource} "${name}" already exists`);
    if (place.type.namespaced && !this.find({ type: typeOf('Namespace'), name: place.namespace }))
      throw new Refused(404, 'NotFound', `namespaces "${place.namespace}" not found`);
    const status = place.type.kind === 'Namespace' ? { status: { phase: 'Active' } } : {};
    return this.#put(at, { ...given, ...status, metadata: { ...given.metadata, name } });
  }

  /** PUT: of the version that was read, or not at all. */
  update(place: Place, given: KubeObject): KubeObject {
    const before = this.get(place);
    const { resourceVersion } = given.metadata;
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      throw new Refused(
        409,
        'Conflict',
        `the object has been modified; please apply your changes to the latest version`,
      );
    return this.#replace(place, before, given);
  }

  merge(place: Place, patch: object): KubeObject {
    const before = this.get(place);
    return this.#replace(place, before, merged(before, patch, true) as KubeObject);
  }

  /** Server-side apply without conflicts: maps are merged, lists are the applier's. */
  apply(place: Place, given: KubeObject, manager: string): { object: KubeObject; created: boolean } {
    const managedFields = [
      { manager, operation: 'Apply', apiVersion: given.apiVersion, fieldsType: 'FieldsV1' },
    ];
    const wanted = { ...given, metadata: { ...given.metadata, managedFields } };
    const before = this.find(place);
    if (!before) return { object: this.create(place, wanted), created: true };
    return {
      object: this.#replace(place, before, merged(before, wanted, false) as KubeObject),
      created: false,
    };
  }

  delete(place: Place): KubeObject {
    const found = this.get(place);
    this.#objects.delete(keyOf(place));
    this.#revision++;
    return found;
  }

  #replace(place: Place, before: KubeObject, after: KubeObject): KubeObject {
    const { uid, creationTimestamp, resourceVersion } = before.metadata;
    const kept = { ...after, metadata: { ...after.metadata, uid, creationTimestamp, resourceVersion } };
    return isDeepStrictEqual(before, kept) ? before : this.#put(place, kept as KubeObject);
  }

  #put(place: Place, object: KubeObject): KubeObject {
    const { metadata } = object;
    const stored = {
      ...object,
      metadata: {
        ...metadata,
        ...(place.namespace === undefined ? {} : { namespace: place.namespace }),
        uid: metadata.uid ?? randomUUID(),
        creationTimestamp: metadata.creationTimestamp ?? new Date().toISOString(),
        resourceVersion: String(++this.#revision),
      },
    };
    this.#objects.set(keyOf(place), stored);
    return stored;
  }
}

export function typeOf(kind: string): Resource {
  const found = RESOURCES.find((type) => type.kind === kind);
  if (!found) throw new Error(`the simulated API server knows no ${kind}`);
  return found;
}

function keyOf({ type, namespace = '', name = '' }: Place): string {
  return `${type.group}.${type.resource}/${namespace}/${name}`;
}

/** `nulls`: a null takes the field away (RFC 7386). */
function merged(before: unknown, patch: unknown, nulls: boolean): unknown {
  if (!isMap(before) || !isMap(patch)) return patch;
  const after: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(patch)) {
    if (nulls && value === null) delete after[key];
    else after[key] = merged(before[key], value, nulls);
  }
  return after;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
