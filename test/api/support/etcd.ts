import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EtcdClient } from '../../../src/cluster/etcd/client.ts';
import { etcdThrough } from '../../../src/cluster/etcd/reach.ts';
import { defaultNode } from '../../../src/cluster/spec/defaults.ts';
import type { NodeSpec } from '../../../src/cluster/spec/types.ts';
import { createApiClient } from '../../../src/kube/client.ts';
import { type Authority, makeAuthority } from './certificates.ts';
import { type Daemon, startDaemon } from './server.ts';

interface InitialMember {
  name: string;
  peerUrl: string;
}

/** Real members of one etcd cluster with TLS as on hosts, each at a loopback address and the usual ports. */
export interface EtcdCluster {
  node(name: string): NodeSpec;
  /** As the kubelet would from its manifest; without others it founds the cluster. */
  start(node: NodeSpec, initialCluster?: readonly InitialMember[]): Promise<void>;
  /** Ended without a word; `forget` its data too. */
  kill(node: NodeSpec, options?: { forget?: boolean }): Promise<void>;
  client(entry: NodeSpec): Promise<EtcdClient>;
  /** Whom its members trust. */
  authority: Authority;
  stop(): Promise<void>;
}

export async function etcdCluster(binary: string): Promise<EtcdCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'kubewright-etcd-'));
  const ca = await makeAuthority('etcd-ca');
  const running = new Map<string, Daemon>();
  // Two runs of the tier side by side take different addresses.
  const network = `127.${(process.pid % 200) + 20}.${Math.floor(process.pid / 200) % 250}`;
  let hosts = 10;
  return {
    authority: ca,
    node: (name) => defaultNode({ name, role: 'control-plane', address: `${network}.${hosts++}` }),
    start: async (node, initialCluster) => {
      const own = join(folder, node.name);
      await writeKeys(own, node, ca);
      running.set(node.name, startDaemon(own, 'etcd', binary, memberArguments(own, node, initialCluster)));
    },
    kill: async ({ name }, { forget = false } = {}) => {
      await running.get(name)?.stop('SIGKILL');
      running.delete(name);
      if (forget) rmSync(join(folder, name, 'data'), { recursive: true, force: true });
    },
    client: async (entry) => {
      const pair = await ca.issue({ subject: 'CN=kube-etcd-healthcheck-client' });
      const ports = {
        apiClient: (endpoint: Parameters<typeof createApiClient>[0]) =>
          createApiClient(endpoint, { env: {} }),
      };
      const tunnel = async (host: string, port: number) => connect(port, host);
      return etcdThrough(ports, { tunnel }, `https://${entry.address}:2379`, { ca: ca.cert, ...pair });
    },
    stop: async () => {
      await Promise.all([...running.values()].map((daemon) => daemon.stop('SIGKILL')));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function writeKeys(folder: string, node: NodeSpec, ca: Authority): Promise<void> {
  const sans = [node.name, 'localhost', node.address];
  const pair = await ca.issue({ subject: `CN=${node.name}`, sans });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  put('ca.crt', ca.cert);
  put('member.crt', pair.cert);
  put('member.key', pair.key);
}

function memberArguments(
  folder: string,
  node: NodeSpec,
  initialCluster?: readonly InitialMember[],
): string[] {
  const [client, peer] = [`https://${node.address}:2379`, `https://${node.address}:2380`];
  const members = initialCluster ?? [{ name: node.name, peerUrl: peer }];
  const tls = (prefix: string) => [
    `--${prefix}cert-file=${join(folder, 'member.crt')}`,
    `--${prefix}key-file=${join(folder, 'member.key')}`,
    `--${prefix}trusted-ca-file=${join(folder, 'ca.crt')}`,
    `--${prefix}client-cert-auth=true`,
  ];
  return [
    `--name=${node.name}`,
    `--data-dir=${join(folder, 'data')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=${members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',')}`,
    `--initial-cluster-state=${initialCluster ? 'existing' : 'new'}`,
    ...tls(''),
    ...tls('peer-'),
    '--unsafe-no-fsync=true',
    '--log-level=warn',
  ];
}
