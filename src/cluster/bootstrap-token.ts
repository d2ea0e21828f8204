import { isNotFound } from '../kube/errors.ts';
import type { ApiClient } from '../kube/port.ts';
import { bootstrapTokenSecret, generateBootstrapToken } from './manifests/bootstrap-token.ts';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';
const lifetimeMs = 15 * 60_000;

/** A new token in the cluster, for one node's bootstrap; kube-controller-manager removes it when it has expired. */
export async function mintToken(api: ApiClient, node: string): Promise<string> {
  const token = generateBootstrapToken();
  const expires = new Date(Date.now() + lifetimeMs);
  const description = `kubewright join ${node}`;
  await api.request({
    method: 'POST',
    path: SECRETS,
    body: bootstrapTokenSecret(token, { expires, description }),
  });
  return token;
}

export async function forgetToken(api: ApiClient, token: string): Promise<void> {
  const [id] = token.split('.');
  try {
    await api.request({ method: 'DELETE', path: `${SECRETS}/bootstrap-token-${id}` });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
