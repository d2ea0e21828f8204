import type { X509Certificate } from 'node:crypto';
import type { Answer, FileState, Query, RunResult } from '../../host/port.ts';
import { pkiContext } from '../pki/context.ts';
import { etcdClientPaths } from '../pki/etcd-client.ts';
import { readCertificate } from '../pki/inspect.ts';
import { readKubeconfig } from '../pki/kubeconfig.ts';
import { KUBELET_SERVING_CERT } from '../pki/kubelet-serving.ts';
import {
  authoritiesOf,
  certPath,
  KUBELET_CLIENT_CURRENT,
  kubeconfigPath,
  kubeconfigs,
  leaves,
} from '../pki/table.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import type { CertificateStatus } from './types.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** The kubelet's own is behind a link, which only reading follows. */
const readCurrent = ['cat', KUBELET_CLIENT_CURRENT];

/** Everything on such a host that ends some day. */
export function certificateQueries(spec: ClusterSpec, node: NodeSpec, now: Date): Query[] {
  const files = certificateFiles(spec, node, now);
  return [
    ...files.map((path) => ({ kind: 'file', path, content: true }) as const),
    { kind: 'run', argv: readCurrent },
  ];
}

function certificateFiles(spec: ClusterSpec, node: NodeSpec, now: Date): string[] {
  if (node.role === 'worker') return [certPath('ca'), KUBELET_SERVING_CERT];
  const context = pkiContext(spec, node, { now, superAdmin: true });
  const pairs = [...authoritiesOf(context), ...leaves(context)].map(({ name }) => certPath(name));
  const configs = kubeconfigs(context).filter(({ credentials }) => credentials === 'embedded');
  return [
    ...pairs,
    ...etcdClientCertificates(spec),
    ...configs.map(({ file }) => kubeconfigPath(file)),
    KUBELET_SERVING_CERT,
  ];
}

/** Of an etcd outside: nobody here renews them. */
function etcdClientCertificates({ etcd }: ClusterSpec): string[] {
  if (!etcd.external) return [];
  const { ca, cert } = etcdClientPaths(etcd.external);
  return [ca, cert];
}

/** Of the answers to `certificateQueries`; what is not there is left out: drift tells of it. */
export function certificateStatus(
  spec: ClusterSpec,
  node: NodeSpec,
  now: Date,
  answers: readonly Answer[],
): CertificateStatus[] {
  const found = certificateFiles(spec, node, now).map((path, index) => ({
    path,
    text: (answers[index] as FileState).content,
  }));
  const current = answers.at(-1) as RunResult;
  if (current.exit === 0) found.push({ path: KUBELET_CLIENT_CURRENT, text: Buffer.from(current.stdout) });
  return found.flatMap(({ path, text }) => {
    const certificate = text && certificateIn(path, text);
    if (!certificate) return [];
    const end = new Date(certificate.validTo);
    const days = Math.floor((end.getTime() - now.getTime()) / DAY_MS);
    return [{ path, expires: end.toISOString(), days }];
  });
}

function certificateIn(path: string, text: Buffer): X509Certificate | undefined {
  if (!path.endsWith('.conf')) return readCertificate(text);
  const { certificate } = readKubeconfig(text) ?? {};
  return certificate === undefined ? undefined : readCertificate(certificate);
}
