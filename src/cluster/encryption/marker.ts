import { isNotFound } from '../../kube/errors.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import { RECORD_API_PATH } from '../record.ts';

/**
 * On the cluster's record, so that it goes back in time together with the Secrets when etcd is restored. A field manager
 * of its own: what applies the record does not take it away.
 */
const ANNOTATION = 'kubewright.dev/secrets-written-with';

/** With which key every Secret was written last, `secretbox/key-1a2b3c4d`; undefined where nobody said so yet. */
export async function readMarker(client: ApiClient): Promise<string | undefined> {
  try {
    const { body } = await client.request<KubeObject>({ path: RECORD_API_PATH });
    return body.metadata.annotations?.[ANNOTATION];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export async function writeMarker(client: ApiClient, value: string, signal?: AbortSignal): Promise<void> {
  await client.request({
    method: 'PATCH',
    path: RECORD_API_PATH,
    query: { fieldManager: 'kubewright-encryption' },
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations: { [ANNOTATION]: value } } },
    signal,
  });
}
