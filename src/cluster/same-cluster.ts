import type { ApiClient } from '../kube/port.ts';
import { isSameCa } from './pki/hash.ts';

/** Another cluster may have a node of the same name. */
export async function isSameCluster(api: ApiClient, ca: string | undefined): Promise<boolean> {
  if (ca === undefined) return false;
  const { body } = await api.request<{ data?: Record<string, string> }>({
    path: '/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt',
    timeoutMs: 10_000,
  });
  return isSameCa(body.data?.['ca.crt'], ca);
}
