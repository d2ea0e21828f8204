import type { Host } from '../../host/port.ts';
import { type EtcdClientFiles, etcdClientPaths } from '../pki/etcd-client.ts';
import type { ClusterPorts } from '../ports.ts';
import { type Finding, invalidSpec, type Written } from '../spec/findings.ts';
import type { ExternalEtcdSpec } from '../spec/sections.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import type { EtcdClient } from './client.ts';
import { credentialQueriesOf, type EtcdCredentials, foundCredentials } from './credentials.ts';
import { etcdEntries, etcdThrough } from './reach.ts';

/** An etcd outside of the cluster, as one control plane is to use it. */
export interface ExternalEtcd {
  /** Where the API server reads them on this host. */
  paths: EtcdClientFiles<string>;
  /** PEM, as far as there is any: what is to lie there, or what the user has put there. */
  files: Partial<EtcdCredentials>;
  /** They are put there by us. */
  placed: boolean;
  /** Through this host; none while the files are not whole. */
  ways: { endpoint: string; etcd: EtcdClient }[];
}

interface Known {
  spec: ClusterSpec;
  node: NodeSpec;
  /** As another control plane of the cluster has them. */
  cluster?: EtcdCredentials | undefined;
}

/**
 * The files are those of this machine, where it has them; else those of the cluster, or of the host itself. Undefined
 * for an etcd on the control planes.
 */
export async function findExternalEtcd(
  ports: Pick<ClusterPorts, 'apiClient' | 'localFile'>,
  host: Pick<Host, 'inspect' | 'tunnel'>,
  { spec, node, cluster }: Known,
): Promise<ExternalEtcd | undefined> {
  const { external } = spec.etcd;
  if (!external) return undefined;
  const found = foundCredentials(await host.inspect(credentialQueriesOf(spec)));
  const placed = external.filesOn === 'here';
  const files = placed ? ((await localFiles(ports, external)) ?? cluster ?? found) : found;
  const ways = isWhole(files) ? waysTo(ports, host, spec, node, files) : [];
  return { paths: etcdClientPaths(external), files, placed, ways };
}

/** Each of its endpoints, by way of a control plane's connection. */
export function waysTo(
  ports: Pick<ClusterPorts, 'apiClient'>,
  host: Pick<Host, 'tunnel'>,
  spec: ClusterSpec,
  node: NodeSpec,
  credentials: EtcdCredentials,
): ExternalEtcd['ways'] {
  return etcdEntries(spec, node).map((endpoint) => ({
    endpoint,
    etcd: etcdThrough(ports, host, endpoint, credentials),
  }));
}

function isWhole(files: Partial<EtcdCredentials>): files is EtcdCredentials {
  return Boolean(files.ca && files.cert && files.key);
}

/** One of them alone fits no other: it is all three, or what there was stays. */
async function localFiles(
  { localFile }: Pick<ClusterPorts, 'localFile'>,
  { caFile, certFile, keyFile }: ExternalEtcdSpec,
): Promise<Partial<EtcdCredentials> | undefined> {
  const read = async (path: string) => (await localFile(path))?.toString('utf8');
  const [ca, cert, key] = await Promise.all([read(caFile), read(certFile), read(keyFile)]);
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

const FIELDS = { ca: 'caFile', cert: 'certFile', key: 'keyFile' } as const;

/** Without them nothing can be begun; told where the file names them. */
export function requireFiles(found: ExternalEtcd | undefined, spec: ClusterSpec, written?: Written): void {
  const { external } = spec.etcd;
  if (!found?.placed || !external) return;
  const missing = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).filter((file) => !found.files[file]);
  const findings = missing.map((file): Finding => {
    const message = `there is no file ${external[FIELDS[file]]} on this machine, and none on the host`;
    const hint =
      'a path is seen from the folder of the cluster file; with filesOn: hosts it is one of the hosts';
    return { path: ['etcd', 'external', FIELDS[file]], message, hint };
  });
  if (findings.length > 0) throw invalidSpec(findings, written);
}
