import type { ApiClient } from '../kube/port.ts';
import { fetchRecord } from './record.ts';
import { apiServerUrls } from './spec/node.ts';
import { isUnreachable } from './steps/objects.ts';

/** URLs of the API servers that the cluster has by now, or what was known before where it does not answer. */
export async function liveApiServers(api: ApiClient, known: readonly string[]): Promise<readonly string[]> {
  try {
    const recorded = await fetchRecord(api);
    return recorded ? apiServerUrls(recorded) : known;
  } catch (error) {
    if (isUnreachable(error)) return known;
    throw error;
  }
}
