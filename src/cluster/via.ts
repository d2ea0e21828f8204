import { KubewrightError } from '../base/errors.ts';
import { apiThrough } from './api-access.ts';
import { staticPodPath } from './manifests/static-pods.ts';
import { readKubeconfig } from './pki/kubeconfig.ts';
import { certPath, kubeconfigPath } from './pki/table.ts';
import type { ClusterPorts } from './ports.ts';
import { isJoined } from './preflight/joined.ts';
import { type ClusterAccess, RECORD_PATH, readRecord } from './record.ts';
import type { ClusterSpec } from './spec/types.ts';

/** What a host tells of the cluster that it is a control plane of. */
export interface ControlPlaneTraces {
  /** As it was last recorded on this host. */
  recorded?: ClusterSpec;
  /** PEM of the cluster's CA. */
  ca?: string;
  access?: ClusterAccess;
  /** It came by join, not by init. */
  joined?: boolean;
}

export const controlPlaneQueries = [
  { kind: 'facts' },
  { kind: 'file', path: RECORD_PATH, content: true },
  { kind: 'file', path: kubeconfigPath('admin.conf'), content: true },
  { kind: 'file', path: certPath('ca'), content: true },
  { kind: 'file', path: staticPodPath('etcd'), content: true },
  { kind: 'file', path: kubeconfigPath('super-admin.conf') },
] as const;

export async function inspectControlPlane(ports: ClusterPorts, target: string): Promise<ControlPlaneTraces> {
  const host = await ports.openHost(target);
  const [facts, record, conf, caFile, etcd, superAdmin] = await host.inspect(controlPlaneQueries);
  const ca = caFile.content?.toString('utf8');
  if (!record.content) return ca === undefined ? {} : { ca };
  const recorded = readRecord(record.content.toString('utf8'));
  const admin = conf.content && readKubeconfig(conf.content);
  const name = facts.hostname.toLowerCase();
  const known = recorded.hosts.find((found) => found.name === name || found.target === target);
  const traces = {
    recorded,
    node: known ?? { name },
    etcd: etcd.content,
    superAdmin: superAdmin.type === 'file',
  };
  const told = { recorded, joined: isJoined(traces), ...(ca === undefined ? {} : { ca }) };
  if (!ca || !admin?.certificate || !admin.key) return told;
  const { certificate, key } = admin;
  const node = known ?? recorded.hosts[0]!;
  const api = apiThrough(ports, host, recorded, node, { ca, certificate, key });
  return { ...told, access: { api, ca, through: { host, node } } };
}

/** Administrator's access through a control plane's own files and its connection: nothing on this machine is needed. */
export async function controlPlaneAccess(ports: ClusterPorts, target: string): Promise<ClusterAccess> {
  const { access } = await inspectControlPlane(ports, target);
  if (access) return access;
  throw notAControlPlane(target);
}

export function notAControlPlane(target: string): KubewrightError {
  return new KubewrightError({
    code: 'NotAControlPlane',
    message: `${target} is not a control plane that kubewright made.`,
    host: target,
    hint: 'Name one of its control planes with --via.',
    exit: 'invalidInput',
  });
}
