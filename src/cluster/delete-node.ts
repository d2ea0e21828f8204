import { isNotFound } from '../kube/errors.ts';
import type { ApiClient } from '../kube/port.ts';

/** A host that was lost on its way into the cluster has none, and may be recorded. */
export async function deleteNode(api: ApiClient, name: string): Promise<void> {
  try {
    const path = `/api/v1/nodes/${encodeURIComponent(name)}`;
    await api.request({ method: 'DELETE', path, timeoutMs: 10_000 });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
