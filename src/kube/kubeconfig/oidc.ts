import { Agent, request } from 'undici';
import { KubewrightError } from '../../base/errors.ts';
import { kubeconfigError } from './failures.ts';
import { dataOrFile } from './files.ts';
import type { Named, UserEntry } from './model.ts';
import { rememberTokens } from './write.ts';

const TIMEOUT_MS = 30_000;
const EARLY_S = 10;

/**
 * OpenID Connect as in client-go's oidc provider: the id-token while it is good, then one from the refresh
 * token (RFC 6749, 6), which is written back, as issuers may take each refresh token only once.
 * Not through client-node: its 2.0.1 cannot refresh (it gives openid-client text where that takes a URL, and
 * answers of a fetch of its own where that takes a Response).
 */
export function oidc(user: Named<UserEntry>, warn: (text: string) => void = () => undefined) {
  const config: Record<string, string | undefined> = { ...user.value['auth-provider']?.config };
  let running: Promise<void> | undefined;
  return async (refused = false): Promise<string> => {
    if (refused || !isGood(config['id-token'])) {
      running ??= refresh(user, config, warn).finally(() => {
        running = undefined;
      });
      await running;
    }
    return `Bearer ${config['id-token']}`;
  };
}

function isGood(idToken: string | undefined): boolean {
  try {
    const claims = JSON.parse(Buffer.from(idToken?.split('.')[1] ?? '', 'base64url').toString()) as {
      exp?: number;
    };
    return typeof claims.exp === 'number' && claims.exp - EARLY_S > Date.now() / 1000;
  } catch {
    return false;
  }
}

async function refresh(
  user: Named<UserEntry>,
  config: Record<string, string | undefined>,
  warn: (text: string) => void,
): Promise<void> {
  const { 'idp-issuer-url': issuer, 'client-id': clientId, 'refresh-token': token } = config;
  if (!issuer || !clientId || !token)
    throw failed(
      user,
      'the id-token has expired, and there is no refresh-token, client-id or idp-issuer-url',
    );
  const data = config['idp-certificate-authority-data'];
  const ca = await dataOrFile(data, config['idp-certificate-authority'], user.file, 'the CA of the issuer');
  const dispatcher = new Agent({ connect: { ca, timeout: 10_000 } });
  try {
    const endpoint = await tokenEndpoint(user, issuer, dispatcher);
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token });
    const answer = await ask(
      user,
      endpoint.url,
      dispatcher,
      credentials(form, clientId, config['client-secret'], endpoint.basic),
    );
    if (typeof answer.id_token !== 'string') throw failed(user, `${endpoint.url} gave no id_token`);
    config['id-token'] = answer.id_token;
    if (typeof answer.refresh_token === 'string') config['refresh-token'] = answer.refresh_token;
  } finally {
    await dispatcher.destroy();
  }
  const fresh = { 'id-token': config['id-token'], 'refresh-token': config['refresh-token'] };
  await rememberTokens(user.file, user.name, fresh).catch((error: Error) =>
    warn(`the new token of user "${user.name}" could not be written to ${user.file}: ${error.message}`),
  );
}

async function tokenEndpoint(user: Named<UserEntry>, issuer: string, dispatcher: Agent) {
  const about = await ask(user, `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`, dispatcher);
  const { issuer: named, token_endpoint: url, token_endpoint_auth_methods_supported: methods } = about;
  if (named !== issuer) throw failed(user, `${issuer} calls itself ${String(named)}`);
  if (typeof url !== 'string' || !url.startsWith('https://'))
    throw failed(user, `${issuer} names no https token endpoint`);
  return { url, basic: !Array.isArray(methods) || methods.includes('client_secret_basic') };
}

interface Post {
  body: string;
  headers: Record<string, string>;
}

function credentials(form: URLSearchParams, id: string, secret: string | undefined, basic: boolean): Post {
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
  if (secret && basic) {
    const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  } else {
    form.set('client_id', id);
    if (secret) form.set('client_secret', secret);
  }
  return { body: form.toString(), headers };
}

async function ask(
  user: Named<UserEntry>,
  url: string,
  dispatcher: Agent,
  post?: Post,
): Promise<Record<string, unknown>> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await request(url, { dispatcher, signal, method: post ? 'POST' : 'GET', ...post });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw failed(user, `${url} answered ${answer.statusCode}`);
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    if (cause instanceof KubewrightError) throw cause;
    throw failed(user, `${url} cannot be used: ${(cause as Error).message}`, cause);
  }
}

function failed(user: Named<UserEntry>, why: string, cause?: unknown): KubewrightError {
  return kubeconfigError('AuthProviderFailed', `the OIDC login of user "${user.name}" failed: ${why}`, {
    hint: 'log in again with the tool that made this kubeconfig',
    cause,
  });
}
