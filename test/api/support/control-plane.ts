import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../../../src/base/wait.ts';
import { createApiClient } from '../../../src/kube/client.ts';
import type { ApiEndpoint } from '../../../src/kube/port.ts';
import { type Authority, makeAuthority, makeSigningKey, type Pair } from './certificates.ts';
import { type Daemon, freePorts, lastLines, startDaemon } from './server.ts';

export interface Binaries {
  etcd: string;
  'kube-apiserver': string;
}

export interface ControlPlaneOptions {
  /** Further arguments of the API server, asked for at each start. */
  apiArguments?: (folder: string) => string[];
}

/** A real etcd and kube-apiserver on loopback: RBAC on, everything in a temporary folder. */
export interface ControlPlane {
  folder: string;
  server: string;
  /** `http://127.0.0.1:PORT` */
  etcd: string;
  ca: Authority;
  admin: Pair;
  /** A kubeconfig file for the admin, for peers such as kubectl. */
  kubeconfig: string;
  endpoint(pair?: Pair): ApiEndpoint;
  stopApiServer(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

const START_MS = 60_000;

export async function startControlPlane(
  binaries: Binaries,
  options: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'kubewright-api-'));
  const [client = 0, peer = 0, port = 0] = await freePorts(3);
  const server = `https://127.0.0.1:${port}`;
  const ca = await makeAuthority('kubewright-test');
  const admin = await ca.issue({ subject: 'CN=admin,O=system:masters' });
  await writeKeys(folder, ca);
  const kubeconfig = join(folder, 'admin.conf');
  writeFileSync(kubeconfig, kubeconfigText(server, ca.cert, admin), { mode: 0o600 });

  const endpoint = (pair: Pair = admin): ApiEndpoint => ({ server, tls: { ca: ca.cert, ...pair } });
  const etcd = startDaemon(folder, 'etcd', binaries.etcd, etcdArguments(folder, client, peer));
  let api: Daemon | undefined;
  const startApiServer = async () => {
    api = startDaemon(folder, 'kube-apiserver', binaries['kube-apiserver'], [
      ...apiArguments(folder, client, port),
      ...(options.apiArguments?.(folder) ?? []),
    ]);
    await ready(endpoint(), api);
  };
  const stopApiServer = async (signal?: 'SIGTERM' | 'SIGKILL') => {
    await api?.stop(signal);
    api = undefined;
  };
  const stop = async () => {
    await stopApiServer('SIGKILL');
    await etcd.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await startApiServer();
  } catch (error) {
    await stop();
    throw error;
  }
  const etcdUrl = `http://127.0.0.1:${client}`;
  return {
    folder,
    server,
    etcd: etcdUrl,
    ca,
    admin,
    kubeconfig,
    endpoint,
    stopApiServer,
    startApiServer,
    stop,
  };
}

/** Another API server of the same cluster, at the etcd that is given or the cluster's own. */
export async function startFurtherApiServer(
  binaries: Binaries,
  { folder, etcd, endpoint }: ControlPlane,
  through = etcd,
): Promise<{ server: string; stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void> }> {
  const [port = 0] = await freePorts(1);
  const server = `https://127.0.0.1:${port}`;
  const daemon = startDaemon(
    folder,
    `kube-apiserver-${port}`,
    binaries['kube-apiserver'],
    apiArguments(folder, Number(new URL(through).port), port),
  );
  try {
    await ready({ ...endpoint(), server }, daemon);
  } catch (error) {
    await daemon.stop('SIGKILL');
    throw error;
  }
  return { server, stop: (signal) => daemon.stop(signal) };
}

async function writeKeys(folder: string, ca: Authority): Promise<void> {
  const serving = await ca.issue({
    subject: 'CN=kube-apiserver',
    sans: ['127.0.0.1', 'kubernetes', 'localhost'],
  });
  const accounts = await makeSigningKey();
  mkdirSync(join(folder, 'pki'), { mode: 0o700 });
  const put = (name: string, text: string) => writeFileSync(join(folder, 'pki', name), text, { mode: 0o600 });
  put('ca.crt', ca.cert);
  put('apiserver.crt', serving.cert);
  put('apiserver.key', serving.key);
  put('sa.key', accounts.private);
  put('sa.pub', accounts.public);
}

function etcdArguments(folder: string, client: number, peer: number): string[] {
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    '--name=test',
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=test=http://127.0.0.1:${peer}`,
    '--unsafe-no-fsync=true',
    '--log-level=warn',
  ];
}

function apiArguments(folder: string, etcd: number, port: number): string[] {
  const pki = (name: string) => join(folder, 'pki', name);
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--secure-port=${port}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=Node,RBAC',
    '--enable-bootstrap-token-auth=true',
    '--enable-admission-plugins=NodeRestriction',
    `--client-ca-file=${pki('ca.crt')}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${pki('sa.key')}`,
    `--service-account-key-file=${pki('sa.pub')}`,
    `--cert-dir=${folder}`,
    '--v=1',
  ];
}

async function ready(endpoint: ApiEndpoint, daemon: Daemon): Promise<void> {
  const answered = await poll({ intervalMs: 100, timeoutMs: START_MS }, async () => {
    const client = createApiClient(endpoint, { env: {} });
    try {
      const paths = ['/readyz', '/api/v1/namespaces/default'];
      await Promise.all(paths.map((path) => client.request({ path, timeoutMs: 5000 })));
      return true;
    } catch {
      return undefined;
    } finally {
      await client.close();
    }
  });
  if (!answered) throw new Error(`kube-apiserver is not ready after 60 s:\n${lastLines(daemon.log)}`);
}

export function kubeconfigText(server: string, ca: string, user: Pair, context = 'test'): string {
  const data = (text: string) => Buffer.from(text).toString('base64');
  return `apiVersion: v1
kind: Config
current-context: ${context}
clusters:
- name: ${context}
  cluster:
    server: ${server}
    certificate-authority-data: ${data(ca)}
users:
- name: ${context}
  user:
    client-certificate-data: ${data(user.cert)}
    client-key-data: ${data(user.key)}
contexts:
- name: ${context}
  context: {cluster: ${context}, user: ${context}}
`;
}
