import { mapLimit } from '../../base/concurrency.ts';
import { isConflict, isGone, isNotFound } from '../../kube/errors.ts';
import { listPages, updateObject } from '../../kube/objects.ts';
import { resourcePath } from '../../kube/paths.ts';
import type { ApiClient, KubeObject, ResourceType } from '../../kube/port.ts';
import { findType } from '../../kube/types.ts';

/** Under way at once: each is a write in etcd. */
const WIDTH = 8;
const RESTARTS = 3;

/**
 * Writes every Secret back as it is. The API server leaves out writes that change nothing, except of what it had to read
 * with another key than the first: those it stores anew (etcd3/store.go, GuaranteedUpdate). Gives how many there are.
 */
export async function rewriteSecrets(client: ApiClient, signal?: AbortSignal): Promise<number> {
  const type = findType(await client.discovery(), { apiVersion: 'v1', kind: 'Secret' });
  for (let attempt = 0; ; attempt++) {
    try {
      let count = 0;
      for await (const { items } of listPages(client, type, signal ? { signal } : {})) {
        await mapLimit(items, WIDTH, (secret) => writeBack(client, type, secret, signal));
        count += items.length;
      }
      return count;
    } catch (error) {
      // The list's continue token ran out; what was written is not written again.
      if (!isGone(error) || attempt >= RESTARTS) throw error;
    }
  }
}

async function writeBack(
  client: ApiClient,
  type: ResourceType,
  secret: KubeObject,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { namespace, name = '' } = secret.metadata;
  const target = { name, ...(namespace ? { namespace } : {}) };
  try {
    await client.request({ method: 'PUT', path: resourcePath(type, target), body: secret, signal });
  } catch (error) {
    if (isNotFound(error)) return;
    if (!isConflict(error)) throw error;
    // Somebody else wrote it meanwhile, but perhaps through another API server.
    await updateObject(client, type, target, (live) => live).catch((again) => {
      if (!isNotFound(again)) throw again;
    });
  }
}
