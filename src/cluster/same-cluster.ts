import { isNotFound } from '../kube/errors.ts';
import type { ApiClient } from '../kube/port.ts';
import { isSameCa } from './pki/hash.ts';

/**
 * Another cluster may have a node of the same name. The controller manager publishes the CA some time after the first
 * start: a cluster that is younger than that cannot be told apart, and counts as another one.
 */
export async function isSameCluster(api: ApiClient, ca: string | undefined): Promise<boolean> {
  if (ca === undefined) return false;
  try {
    const { body } = await api.request<{ data?: Record<string, string> }>({
      path: '/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt',
      timeoutMs: 10_000,
    });
    return isSameCa(body.data?.['ca.crt'], ca);
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
