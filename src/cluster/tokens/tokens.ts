import { KubewrightError } from '../../base/errors.ts';
import { isConflict, isNotFound } from '../../kube/errors.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import {
  bootstrapTokenSecret,
  generateBootstrapToken,
  parseBootstrapToken,
  TOKEN_SECRET_TYPE,
  type TokenOptions,
  tokenSecretName,
} from '../manifests/bootstrap-token.ts';
import { checkTokenOptions, requireToken } from './check.ts';
import { type BootstrapToken, tokenOf } from './read.ts';

const SECRETS = '/api/v1/namespaces/kube-system/secrets';

/** A new token in the cluster: the one that was given, or a random one. Refuses an id that is there already. */
export async function createToken(
  api: ApiClient,
  given: string | undefined,
  options: TokenOptions,
): Promise<string> {
  checkTokenOptions(options);
  const token = given ?? generateBootstrapToken();
  const { id } = requireToken(token);
  try {
    await api.request({ method: 'POST', path: SECRETS, body: bootstrapTokenSecret(token, options) });
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw new KubewrightError({
      code: 'TokenExists',
      message: `The cluster has a token with the id "${id}" already.`,
      hint: `Take another one (kubewright token generate), or remove that one first: kubewright token delete ${id}`,
      exit: 'failure',
      cause: error,
    });
  }
  return token;
}

/** Every bootstrap token of the cluster, and what is wrong with Secrets of that type that hold none. */
export async function listTokens(api: ApiClient): Promise<{ tokens: BootstrapToken[]; damaged: string[] }> {
  const query = { fieldSelector: `type=${TOKEN_SECRET_TYPE}` };
  const { body } = await api.request<{ items: KubeObject[] }>({ path: SECRETS, query });
  const read = body.items.map(tokenOf);
  return {
    tokens: read.filter((one) => typeof one !== 'string'),
    damaged: read.filter((one) => typeof one === 'string'),
  };
}

/** By id or by the whole token; returns the id. */
export async function deleteToken(api: ApiClient, idOrToken: string): Promise<string> {
  const id = /^[a-z0-9]{6}$/.test(idOrToken) ? idOrToken : parseBootstrapToken(idOrToken)?.id;
  if (id === undefined) {
    throw new KubewrightError({
      code: 'InvalidToken',
      message:
        'What is to be deleted is neither a token ([a-z0-9]{6}.[a-z0-9]{16}) nor the id of one ([a-z0-9]{6}).',
      hint: 'kubewright token list shows the tokens of the cluster.',
      exit: 'invalidInput',
    });
  }
  try {
    await api.request({ method: 'DELETE', path: `${SECRETS}/${tokenSecretName(id)}` });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new KubewrightError({
      code: 'TokenNotFound',
      message: `The cluster has no token with the id "${id}".`,
      hint: 'kubewright token list shows those that it has; expired ones go by themselves.',
      exit: 'failure',
      cause: error,
    });
  }
  return id;
}
