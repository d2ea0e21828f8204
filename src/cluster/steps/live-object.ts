import { isNotFound } from '../../kube/errors.ts';
import { getOne } from '../../kube/objects.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import { findType } from '../../kube/types.ts';

/** As the cluster has it; undefined where it has none. */
export async function liveObject(
  api: ApiClient,
  { apiVersion, kind, metadata }: KubeObject,
): Promise<KubeObject | undefined> {
  try {
    const type = findType(await api.discovery(), { apiVersion, kind });
    return await getOne(api, type, metadata.name!, metadata.namespace);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
