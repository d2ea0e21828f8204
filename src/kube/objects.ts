import { sleep } from '../base/wait.ts';
import { isConflict, isGone } from './errors.ts';
import { resourcePath } from './paths.ts';
import type { ApiClient, KubeObject, ResourceType } from './port.ts';

export interface Selection {
  /** Left out: all namespaces of a namespaced type. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  signal?: AbortSignal;
}

export interface Listed<T = KubeObject> {
  items: T[];
  resourceVersion: string;
}

interface ListBody<T> {
  kind?: string;
  apiVersion?: string;
  metadata?: { resourceVersion?: string; continue?: string };
  items?: T[];
}

const PAGE = 500;
/** A list that takes longer than the server keeps its continue tokens is begun anew, but not for ever. */
const RESTARTS = 3;

export async function getOne<T = KubeObject>(
  client: ApiClient,
  type: ResourceType,
  name: string,
  namespace?: string,
): Promise<T> {
  const { body } = await client.request<T>({ path: resourcePath(type, { namespace, name }) });
  return body;
}

/** All objects in pages of 500, each put in memory once; begins anew when the continue token expires (410). */
export async function listAll<T = KubeObject>(
  client: ApiClient,
  type: ResourceType,
  selection: Selection = {},
  options: { limit?: number; accept?: string } = {},
): Promise<Listed<T>> {
  for (let attempt = 0; ; attempt++) {
    const listed: Listed<T> = { items: [], resourceVersion: '' };
    try {
      for await (const page of listPages<T>(client, type, selection, options)) {
        for (const item of page.items) listed.items.push(item);
        listed.resourceVersion = page.resourceVersion;
      }
      return listed;
    } catch (error) {
      if (!isGone(error) || attempt >= RESTARTS) throw error;
    }
  }
}

/** Page by page, for lists that should not lie in memory whole. A 410 in the middle is the caller's to handle. */
export async function* listPages<T = KubeObject>(
  client: ApiClient,
  type: ResourceType,
  { namespace, labelSelector, fieldSelector, signal }: Selection = {},
  { limit = PAGE, accept }: { limit?: number; accept?: string } = {},
): AsyncGenerator<Listed<T>> {
  let token: string | undefined;
  do {
    const { body } = await client.request<ListBody<T>>({
      path: resourcePath(type, { namespace }),
      query: { limit, continue: token, labelSelector, fieldSelector },
      accept,
      signal,
      timeoutMs: 60_000,
    });
    yield { items: typed(body, type), resourceVersion: body.metadata?.resourceVersion ?? '' };
    token = body.metadata?.continue || undefined;
  } while (token);
}

/** Servers leave apiVersion and kind out of the items of a list of built-in types. */
function typed<T>(body: ListBody<T>, type: ResourceType): T[] {
  const apiVersion = body.apiVersion ?? (type.group ? `${type.group}/${type.version}` : type.version);
  return (body.items ?? []).map((item) => ({ apiVersion, kind: type.kind, ...item }));
}

export interface DeleteOptions {
  namespace?: string;
  propagation?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  /** Only this very object, not one of the same name made since. Makes a retry safe. */
  uid?: string;
  dryRun?: boolean;
}

/** The object as it is on its way out, or metav1.Status where it is gone at once. */
export async function deleteObject(
  client: ApiClient,
  type: ResourceType,
  name: string,
  options: DeleteOptions = {},
): Promise<unknown> {
  const { body } = await client.request({
    method: 'DELETE',
    path: resourcePath(type, { namespace: options.namespace, name }),
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: options.propagation ?? 'Background',
      gracePeriodSeconds: options.gracePeriodSeconds,
      preconditions: options.uid ? { uid: options.uid } : undefined,
      dryRun: options.dryRun ? ['All'] : undefined,
    },
  });
  return body;
}

/** Reads, changes and writes back with the read resourceVersion; again on a conflict, five times. */
export async function updateObject(
  client: ApiClient,
  type: ResourceType,
  target: { name: string; namespace?: string; subresource?: string },
  change: (object: KubeObject) => KubeObject,
): Promise<KubeObject> {
  const path = resourcePath(type, target);
  for (let attempt = 1; ; attempt++) {
    const { body: before } = await client.request<KubeObject>({ path });
    try {
      const { body } = await client.request<KubeObject>({ method: 'PUT', path, body: change(before) });
      return body;
    } catch (error) {
      if (!isConflict(error) || attempt >= 5) throw error;
      await sleep(20 * 2 ** attempt);
    }
  }
}
