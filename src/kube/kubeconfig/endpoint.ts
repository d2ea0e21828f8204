import { existsSync } from 'node:fs';
import { dialThroughProxy } from '../../base/proxy.ts';
import type { ApiEndpoint } from '../port.ts';
import { type Authorization, authorize, type ExecPolicy } from './authorize.ts';
import { dangling, kubeconfigError } from './failures.ts';
import { dataOrFile } from './files.ts';
import { inCluster, inClusterAvailable } from './in-cluster.ts';
import type { ClusterEntry, ContextEntry, Kubeconfig, Named, UserEntry } from './model.ts';
import { kubeconfigFiles, readKubeconfig } from './read.ts';
import { serversOf } from './servers.ts';

export interface EndpointOptions {
  /** `--kubeconfig`, and the flags that override single values of the context. */
  kubeconfig?: string;
  context?: string;
  cluster?: string;
  user?: string;
  server?: string;
  token?: string;
  namespace?: string;
  as?: { user?: string; groups?: string[]; uid?: string };
  env: Record<string, string | undefined>;
  /** Which exec plugins may run; default all, as kubectl. Nothing runs before the first request. */
  execPolicy?: ExecPolicy;
  /** Whether an exec plugin may ask on standard input. */
  interactive?: boolean;
  warn?: (text: string) => void;
}

/** How to reach the API server that the user means. Throws KubewrightError with exit 25 (kubeconfig). */
export async function loadEndpoint(options: EndpointOptions): Promise<ApiEndpoint> {
  const config = await readKubeconfig(options);
  if (!config) return withoutFile(options);
  const { context, cluster, user } = select(config, options);
  const server = (options.server ?? cluster.value.server ?? '').replace(/\/+$/, '');
  checkServer(server, cluster, config);
  const entry = cluster.value;
  const ca = await dataOrFile(
    entry['certificate-authority-data'],
    entry['certificate-authority'],
    cluster.file,
    `the CA of cluster "${cluster.name}"`,
  );
  const insecure = entry['insecure-skip-tls-verify'] === true;
  const auth: Authorization = options.token
    ? { authorization: async () => `Bearer ${options.token}` }
    : await authorize(user, { ...entry, server, ca }, options);
  const servers = options.server ? [] : serversOf(entry, server, options.warn);
  return {
    server,
    ...(servers.length > 1 ? { servers } : {}),
    tls: {
      ca: insecure ? undefined : ca,
      cert: auth.cert,
      key: auth.key,
      serverName: entry['tls-server-name'] || undefined,
      insecure: insecure || undefined,
    },
    authorization: auth.authorization,
    clientCertificate: auth.clientCertificate,
    dial: proxyDial(entry['proxy-url']),
    namespace: options.namespace || context?.value.namespace || undefined,
    impersonate: options.as ?? impersonation(user.value),
  };
}

interface Selection {
  context?: Named<ContextEntry>;
  cluster: Named<ClusterEntry>;
  user: Named<UserEntry>;
}

function select(config: Kubeconfig, options: EndpointOptions): Selection {
  const name = options.context ?? config.currentContext;
  const context = config.contexts.get(name);
  if (!context && name !== '')
    throw dangling(
      'context',
      name,
      options.context ? 'there is no such context:' : 'current-context names',
      config.contexts.keys(),
      config.files,
    );
  if (!context && !(options.cluster ?? options.server))
    throw kubeconfigError('NoContext', `no current context is set in ${config.files.join(', ')}`, {
      hint: contextsOf(config),
    });
  const by = context ? `the context "${context.name}" names` : 'you name';
  const clusterName = options.cluster ?? context?.value.cluster ?? '';
  const userName = options.user ?? context?.value.user ?? '';
  const cluster = config.clusters.get(clusterName);
  if (!cluster && !options.server)
    throw dangling(
      'cluster',
      clusterName,
      options.cluster ? 'you name' : by,
      config.clusters.keys(),
      config.files,
    );
  const user = config.users.get(userName);
  if (!user && userName !== '')
    throw dangling('user', userName, options.user ? 'you name' : by, config.users.keys(), config.files);
  const file = config.files[0]!;
  return {
    context,
    cluster: cluster ?? { name: '', file, value: { server: options.server ?? '' } },
    user: user ?? { name: '', file, value: {} },
  };
}

function contextsOf(config: Kubeconfig): string {
  const names = [...config.contexts.keys()];
  return names.length === 0 ? 'it has no contexts at all' : `choose one with --context: ${names.join(', ')}`;
}

function checkServer(server: string, cluster: Named<ClusterEntry>, config: Kubeconfig): void {
  if (URL.canParse(server) && /^https?:$/.test(new URL(server).protocol)) return;
  const shown = server === '' ? 'no server' : `the server "${server}", which is no http(s) URL`;
  throw kubeconfigError(
    'ServerInvalid',
    `the cluster "${cluster.name}" in ${config.files.join(', ')} has ${shown}`,
  );
}

function impersonation(user: UserEntry): ApiEndpoint['impersonate'] {
  if (!user.as && !user['as-groups']?.length && !user['as-uid']) return undefined;
  return { user: user.as, groups: user['as-groups'], uid: user['as-uid'] };
}

function proxyDial(proxy: string | undefined): ApiEndpoint['dial'] {
  if (!proxy) return undefined;
  return (server, signal) => {
    const url = new URL(server);
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    return dialThroughProxy(proxy, url.hostname.replace(/^\[|\]$/g, ''), port, signal);
  };
}

/** No kubeconfig at all: a pod's service account, or what the flags say. */
async function withoutFile(options: EndpointOptions): Promise<ApiEndpoint> {
  if (!options.server && inClusterAvailable(options.env)) return inCluster(options);
  const files = kubeconfigFiles(undefined, options.env);
  if (!options.server)
    throw kubeconfigError('KubeconfigMissing', `there is no kubeconfig: looked for ${files.join(', ')}`, {
      hint: existsSync('/etc/kubernetes/admin.conf')
        ? 'this is a control plane: --kubeconfig /etc/kubernetes/admin.conf'
        : 'kubewright init writes one; or name it with --kubeconfig',
    });
  const server = options.server.replace(/\/+$/, '');
  const { token } = options;
  return {
    server,
    tls: {},
    authorization: token ? async () => `Bearer ${token}` : undefined,
    namespace: options.namespace,
    impersonate: options.as,
  };
}
