import { isNotFound } from '../kube/errors.ts';
import type { ApiClient } from '../kube/port.ts';
import { bootstrapTokenSecret, generateBootstrapToken } from './manifests/bootstrap-token.ts';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';
const lifetimeMs = 15 * 60_000;

/** Where a kubelet's first credentials come from. */
export interface KubeletToken {
  /** For plans: "a token that lives for 15 minutes". */
  readonly label: string;
  issue(node: string): Promise<string>;
  /** Called when the kubelet has its certificate. */
  takeBack(token: string): Promise<void>;
}

/** A new token in the cluster for one node's bootstrap, which needs an administrator; gone again right afterwards. */
export function mintedToken(api: () => Promise<ApiClient>): KubeletToken {
  return {
    label: 'a token that lives for 15 minutes',
    issue: async (node) => mintToken(await api(), node),
    takeBack: async (token) => forgetToken(await api(), token),
  };
}

/** The one that the user joins with: it stays in the cluster, as it was made by somebody else and may be for others too. */
export function givenToken(token: string): KubeletToken {
  return { label: 'the token that was given', issue: async () => token, takeBack: async () => undefined };
}

/** kube-controller-manager removes it when it has expired. */
async function mintToken(api: ApiClient, node: string): Promise<string> {
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

async function forgetToken(api: ApiClient, token: string): Promise<void> {
  const [id] = token.split('.');
  try {
    await api.request({ method: 'DELETE', path: `${SECRETS}/bootstrap-token-${id}` });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
