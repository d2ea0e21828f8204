import type { ApiClient, KubeObject, ResourceType } from '../../kube/port.ts';
import { watch } from '../../kube/watch.ts';

/** One object that somebody waits for. */
export interface Followed {
  type: ResourceType;
  namespace?: string;
  name: string;
  /** Told what is there now (undefined: nothing of that name); true when nothing more is waited for. May throw. */
  see(object: KubeObject | undefined): boolean;
  /** What `see` threw, which ends the waiting for this one. */
  error?: unknown;
}

/**
 * One list and watch a type and namespace, whatever the number of objects. Gives those that are not done when
 * the time is up; with `timeoutMs` 0 every object is looked at once.
 */
export async function follow(
  client: ApiClient,
  targets: readonly Followed[],
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<Followed[]> {
  const limit = timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined;
  const stop = limit && signal ? AbortSignal.any([limit, signal]) : (limit ?? signal);
  const groups = Map.groupBy(targets, ({ type, namespace }) =>
    [type.group, type.version, type.resource, namespace].join('/'),
  );
  const left = await Promise.all(
    [...groups.values()].map((group) => followGroup(client, group, timeoutMs === 0, stop)),
  );
  signal?.throwIfAborted();
  return left.flat();
}

async function followGroup(
  client: ApiClient,
  group: readonly Followed[],
  once: boolean,
  signal: AbortSignal | undefined,
): Promise<Followed[]> {
  const open = new Map(group.map((one) => [one.name, one]));
  const [first] = group;
  const fieldSelector = group.length === 1 ? `metadata.name=${first!.name}` : undefined;
  const { type, namespace } = first!;
  try {
    for await (const event of watch(client, type, { namespace, fieldSelector, signal })) {
      const seen = event.type === 'LIST' ? listed(event.items, open) : changed(event);
      for (const [name, object] of seen) if (isDone(open.get(name), object)) open.delete(name);
      if (open.size === 0 || once) break;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
  return [...open.values()];
}

type Seen = [string, KubeObject | undefined][];

function listed(items: readonly KubeObject[], open: ReadonlyMap<string, Followed>): Seen {
  const there = new Map(items.map((item) => [item.metadata.name ?? '', item]));
  return [...open.keys()].map((name) => [name, there.get(name)]);
}

function changed(event: { type: string; object: KubeObject }): Seen {
  return [[event.object.metadata.name ?? '', event.type === 'DELETED' ? undefined : event.object]];
}

function isDone(target: Followed | undefined, object: KubeObject | undefined): boolean {
  if (!target) return false;
  try {
    return target.see(object);
  } catch (error) {
    target.error = error;
    return true;
  }
}
