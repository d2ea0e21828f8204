import { basename, dirname, resolve } from 'node:path';
import type { ApiEndpoint } from '../port.ts';
import { ExecPlugin } from './exec.ts';
import { kubeconfigError } from './failures.ts';
import { dataOrFile } from './files.ts';
import type { ClusterEntry, Named, UserEntry } from './model.ts';
import { tokenFile } from './token-file.ts';

/** As kuberc's credentialPluginPolicy; a list names the commands that may run, by path or by name. */
export type ExecPolicy = 'AllowAll' | 'DenyAll' | string[];

export interface Authorization extends Pick<ApiEndpoint, 'authorization' | 'clientCertificate'> {
  cert?: string;
  key?: string;
}

interface AuthorizeOptions {
  env: Record<string, string | undefined>;
  execPolicy?: ExecPolicy;
  interactive?: boolean;
  warn?: (text: string) => void;
}

/** A user's credentials, in client-go's order: certificate beside tokenFile, token, basic, exec or auth-provider. */
export async function authorize(
  user: Named<UserEntry>,
  cluster: ClusterEntry & { ca?: string },
  options: AuthorizeOptions,
): Promise<Authorization> {
  const { value, file, name } = user;
  const part = (data: string | undefined, path: string | undefined, what: string) =>
    dataOrFile(data, path, file, `the client ${what} of user "${name}"`);
  const cert = await part(value['client-certificate-data'], value['client-certificate'], 'certificate');
  const key = await part(value['client-key-data'], value['client-key'], 'key');
  if (Boolean(cert) !== Boolean(key))
    throw kubeconfigError(
      'CredentialsUnreadable',
      `user "${name}" in ${file} has a client ${cert ? 'certificate without its key' : 'key without its certificate'}`,
    );
  return { cert, key, ...(await bearer(user, cluster, options)) };
}

async function bearer(
  user: Named<UserEntry>,
  cluster: ClusterEntry & { ca?: string },
  options: AuthorizeOptions,
): Promise<Authorization> {
  const { value, file } = user;
  if (value.tokenFile) return { authorization: tokenFile(resolve(dirname(file), value.tokenFile)) };
  if (value.token) return { authorization: async () => `Bearer ${value.token}` };
  if (value.username) {
    const pair = Buffer.from(`${value.username}:${value.password ?? ''}`).toString('base64');
    return { authorization: async () => `Basic ${pair}` };
  }
  if (value.exec) return execPlugin(user, cluster, options);
  if (value['auth-provider']?.name === 'oidc') {
    const { oidc } = await import('./oidc.ts');
    return { authorization: oidc(user, options.warn) };
  }
  if (value['auth-provider']) {
    const { authProvider } = await import('./client-node.ts');
    return { authorization: authProvider(user.name, cluster, value) };
  }
  return {};
}

function execPlugin(
  user: Named<UserEntry>,
  cluster: ClusterEntry & { ca?: string },
  { env, execPolicy = 'AllowAll', interactive = false }: AuthorizeOptions,
): Authorization {
  const entry = user.value.exec!;
  if (!entry.command)
    throw kubeconfigError(
      'KubeconfigInvalid',
      `user "${user.name}" in ${user.file} has an exec plugin without a command`,
    );
  const context = { entry, user: user.name, kubeconfig: user.file, cluster, env, interactive };
  const plugin = new ExecPlugin(context);
  const allow = () => {
    if (allowed(execPolicy, entry.command)) return;
    throw kubeconfigError(
      'ExecPluginDenied',
      `the credential plugin ${entry.command} of user "${user.name}" may not run here`,
      {
        hint: 'the policy for credential plugins does not name it',
      },
    );
  };
  return {
    authorization: async (refused) => {
      allow();
      const { token } = await plugin.credential(refused);
      return token ? `Bearer ${token}` : undefined;
    },
    clientCertificate: async () => {
      allow();
      return (await plugin.credential()).certificate;
    },
  };
}

function allowed(policy: ExecPolicy, command: string): boolean {
  if (typeof policy === 'string') return policy === 'AllowAll';
  return policy.some((name) => name === command || (!name.includes('/') && name === basename(command)));
}
