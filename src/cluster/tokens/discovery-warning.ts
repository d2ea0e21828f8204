import type { ApiClient } from '../../kube/port.ts';
import { fetchRecord } from '../record.ts';

/** Why nobody will find the cluster with a token alone; undefined where they will, or nothing is known of it. */
export async function discoveryWarning(api: ApiClient): Promise<string | undefined> {
  const spec = await fetchRecord(api);
  if (spec?.security.anonymousAccess !== 'none') return undefined;
  return 'security.anonymousAccess is none: hosts cannot read cluster-info, so they cannot join with a token alone (nor with kubeadm). kubewright join HOST needs none.';
}
