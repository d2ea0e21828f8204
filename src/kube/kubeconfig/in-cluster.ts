import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiEndpoint } from '../port.ts';
import { tokenFile } from './token-file.ts';

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

interface InClusterOptions {
  env: Record<string, string | undefined>;
  namespace?: string;
  token?: string;
  as?: ApiEndpoint['impersonate'];
  /** Where the service account is mounted; another one in tests. */
  folder?: string;
}

export function inClusterAvailable(
  env: Record<string, string | undefined>,
  folder: string = FOLDER,
): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST) && existsSync(join(folder, 'token'));
}

/** The service account of the pod that this runs in (client-go rest.InClusterConfig). */
export async function inCluster(options: InClusterOptions): Promise<ApiEndpoint> {
  const { env, folder = FOLDER } = options;
  const host = env.KUBERNETES_SERVICE_HOST ?? '';
  const port = env.KUBERNETES_SERVICE_PORT || '443';
  const own = await readFile(join(folder, 'namespace'), 'utf8').catch(() => '');
  const given = options.token;
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { ca: await readFile(join(folder, 'ca.crt'), 'utf8') },
    authorization: given ? async () => `Bearer ${given}` : tokenFile(join(folder, 'token')),
    namespace: options.namespace || own.trim() || undefined,
    impersonate: options.as,
  };
}
