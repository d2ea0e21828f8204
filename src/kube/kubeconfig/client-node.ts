import { KubeConfig } from '@kubernetes/client-node';
import { kubeconfigError } from './failures.ts';
import type { ClusterEntry, UserEntry } from './model.ts';

/**
 * Credentials of the legacy providers (azure, gcp), which only @kubernetes/client-node still knows.
 * Loaded only for users that have one: it costs several times our own start.
 */
export function authProvider(
  name: string,
  cluster: ClusterEntry,
  user: UserEntry,
): () => Promise<string | undefined> {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name, server: cluster.server, skipTLSVerify: false }],
    users: [{ name, authProvider: user['auth-provider'] }],
    contexts: [{ name, cluster: name, user: name }],
    currentContext: name,
  });
  return async () => {
    const options: { headers: Record<string, string> } = { headers: {} };
    try {
      await config.applyToHTTPSOptions(options as never);
    } catch (cause) {
      throw refused(name, user, (cause as Error).message, cause);
    }
    const header = options.headers.Authorization;
    if (!header) throw refused(name, user, 'it gave no token');
    return header;
  };
}

function refused(name: string, user: UserEntry, why: string, cause?: unknown) {
  return kubeconfigError(
    'AuthProviderFailed',
    `the auth provider ${user['auth-provider']?.name} of user "${name}" failed: ${why}`,
    { hint: 'log in again with the tool that made this kubeconfig', cause },
  );
}
