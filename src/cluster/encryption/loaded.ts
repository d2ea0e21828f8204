import { createHash } from 'node:crypto';
import { poll } from '../../base/wait.ts';
import type { ApiClient } from '../../kube/port.ts';

const METRIC = /^apiserver_encryption_config_controller_last_config_info\{[^}]*\bhash="sha256:([0-9a-f]+)"/m;

/**
 * Waits until the API server says that it works with exactly this EncryptionConfiguration. It is started anew when its
 * arguments changed, and looks at the file once a minute; an old one that still answers has another hash, or none.
 */
export async function configLoaded(
  client: ApiClient,
  config: Buffer,
  wait: { timeoutMs: number; signal?: AbortSignal },
): Promise<boolean> {
  const wanted = createHash('sha256').update(config).digest('hex');
  const found = await poll({ intervalMs: 1000, ...wait }, async () =>
    (await loadedHash(client, wait.signal)) === wanted ? true : undefined,
  );
  return found ?? false;
}

async function loadedHash(client: ApiClient, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    const { body } = await client.request<string>({ path: '/metrics', accept: 'text/plain', signal });
    return METRIC.exec(String(body))?.[1];
  } catch {
    signal?.throwIfAborted();
    // It is being started anew; the deadline decides.
    return undefined;
  }
}
