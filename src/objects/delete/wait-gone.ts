import { isForbidden } from '../../kube/errors.ts';
import type { ApiClient, ResourceType } from '../../kube/port.ts';
import { watch } from '../../kube/watch.ts';
import { usageFault } from '../failures.ts';

export interface Going {
  type: ResourceType;
  namespace?: string;
  name: string;
  uid: string;
}

/**
 * Until none of the objects is there any more: one watch a type and namespace, whatever their number. Who may
 * delete but not list does not wait. Throws where the time is up, naming what is still there.
 */
export async function waitGone(
  client: ApiClient,
  objects: readonly Going[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const groups = Map.groupBy(objects, ({ type, namespace }) =>
    [type.group, type.version, type.resource, namespace].join('/'),
  );
  const limit = AbortSignal.timeout(timeoutMs);
  const stop = signal ? AbortSignal.any([limit, signal]) : limit;
  const left = await Promise.all([...groups.values()].map((group) => waitForGroup(client, group, stop)));
  signal?.throwIfAborted();
  const [first] = left.flat();
  if (first)
    throw usageFault(
      `timed out waiting for the condition on ${first.type.resource}/${first.name}`,
      `it may be held by a finalizer: kubewright get ${first.type.resource} ${first.name} -o jsonpath='{.metadata.finalizers}'`,
    );
}

/** What is still there when the time is up. */
async function waitForGroup(
  client: ApiClient,
  group: readonly Going[],
  signal: AbortSignal,
): Promise<Going[]> {
  const left = new Map(group.map((one) => [one.uid, one]));
  const { type, namespace } = group[0]!;
  const fieldSelector = group.length === 1 ? `metadata.name=${group[0]!.name}` : undefined;
  try {
    for await (const event of watch(client, type, { namespace, fieldSelector, signal })) {
      if (event.type === 'LIST') {
        const there = new Set(event.items.map((item) => item.metadata.uid));
        for (const uid of left.keys()) if (!there.has(uid)) left.delete(uid);
      } else if (event.type === 'DELETED') left.delete(event.object.metadata.uid ?? '');
      if (left.size === 0) return [];
    }
  } catch (error) {
    if (signal.aborted) return [...left.values()];
    if (isForbidden(error) || (error as { httpStatus?: number }).httpStatus === 405) return [];
    throw error;
  }
  return [...left.values()];
}
