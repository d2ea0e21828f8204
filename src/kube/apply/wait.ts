import { KubewrightError } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import { isNotFound } from '../errors.ts';
import { resourcePath } from '../paths.ts';
import type { ApiClient, KubeObject, ResourceType } from '../port.ts';

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** Until a definition is served and a namespace takes objects. Throws `WaitTimeout` (exit 22) with what was last seen. */
export async function waitUntilUsable(
  client: ApiClient,
  type: ResourceType,
  object: KubeObject,
  timeoutMs: number,
): Promise<void> {
  let last: string | undefined = missing(object);
  if (last === undefined) return;
  const path = resourcePath(type, { name: object.metadata.name });
  const usable = await poll({ intervalMs: 100, timeoutMs }, async () => {
    try {
      last = missing((await client.request<KubeObject>({ path })).body);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      last = 'it is gone again';
    }
    return last === undefined ? true : undefined;
  });
  if (usable) return;
  throw new KubewrightError({
    code: 'WaitTimeout',
    message: `not usable after ${timeoutMs / 1000} s: ${last}`,
    exit: 'timeout',
  });
}

function missing(object: KubeObject): string | undefined {
  const status = object.status as { phase?: string; conditions?: Condition[] } | undefined;
  if (object.kind === 'Namespace') return status?.phase === 'Active' ? undefined : `phase ${status?.phase}`;
  const conditions = status?.conditions ?? [];
  const refused = conditions.find((c) => c.type === 'NamesAccepted' && c.status === 'False');
  if (refused) return `${refused.reason}: ${refused.message}`;
  const established = conditions.some((c) => c.type === 'Established' && c.status === 'True');
  return established ? undefined : 'not established';
}
