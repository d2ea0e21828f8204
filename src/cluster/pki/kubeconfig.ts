import { parse } from 'yaml';
import { canonicalYaml } from '../manifests/yaml.ts';
import { KUBELET_CLIENT_CURRENT, type KubeconfigSpec } from './table.ts';

export interface KubeconfigParts {
  clusterName: string;
  user: string;
  server: string;
  /** PEM. */
  ca: string;
  tlsServerName?: string;
  /** Default USER@CLUSTER. */
  contextName?: string;
  credentials: Record<string, string>;
}

/** A kubeconfig as kubeadm writes it: one cluster, one user, one context, certificates inside. */
export function kubeconfigText(parts: KubeconfigParts): string {
  const context = parts.contextName ?? `${parts.user}@${parts.clusterName}`;
  return canonicalYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: parts.clusterName,
        cluster: {
          'certificate-authority-data': base64(parts.ca),
          server: parts.server,
          ...(parts.tlsServerName ? { 'tls-server-name': parts.tlsServerName } : {}),
        },
      },
    ],
    contexts: [{ name: context, context: { cluster: parts.clusterName, user: parts.user } }],
    'current-context': context,
    users: [{ name: parts.user, user: parts.credentials }],
  });
}

export function embedded(certificate: string, key: string): Record<string, string> {
  return { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) };
}

/** What kubeadm's kubelet-finalize leaves: the kubelet reads, and renews, the file beside. */
export const KUBELET_CREDENTIALS = {
  'client-certificate': KUBELET_CLIENT_CURRENT,
  'client-key': KUBELET_CLIENT_CURRENT,
};

/** For a kubelet's first contact, with a bootstrap token (bootstrap-kubelet.conf). */
export function bootstrapKubeconfig(parts: {
  clusterName: string;
  server: string;
  ca: string;
  token: string;
}): string {
  return kubeconfigText({ ...parts, user: 'tls-bootstrap-token-user', credentials: { token: parts.token } });
}

/** What is in a kubeconfig of ours or kubeadm's; undefined where it is none of that shape. */
export function readKubeconfig(text: Buffer | string): KubeconfigContent | undefined {
  let value: KubeconfigFile | null;
  try {
    value = parse(text.toString()) as KubeconfigFile | null;
  } catch {
    return undefined;
  }
  const context = value?.contexts?.find(({ name }) => name === value?.['current-context'])?.context;
  const cluster = value?.clusters?.find(({ name }) => name === context?.cluster);
  const user = value?.users?.find(({ name }) => name === context?.user);
  if (!cluster?.cluster?.server || !user?.user) return undefined;
  const data = user.user;
  return {
    clusterName: cluster.name,
    userName: user.name,
    server: cluster.cluster.server,
    ca: fromBase64(cluster.cluster['certificate-authority-data']),
    certificate: fromBase64(data['client-certificate-data']),
    key: fromBase64(data['client-key-data']),
    certificateFile: data['client-certificate'],
    keyFile: data['client-key'],
  };
}

export interface KubeconfigContent {
  clusterName: string;
  userName: string;
  server: string;
  ca?: string | undefined;
  certificate?: string | undefined;
  key?: string | undefined;
  certificateFile?: string | undefined;
  keyFile?: string | undefined;
}

interface KubeconfigFile {
  'current-context'?: string;
  clusters?: { name: string; cluster?: { server?: string; 'certificate-authority-data'?: string } }[];
  contexts?: { name: string; context?: { cluster: string; user: string } }[];
  users?: { name: string; user?: Record<string, string> }[];
}

/** Why an existing kubeconfig, its certificate aside, is not the wanted one. */
export function kubeconfigFault(
  spec: KubeconfigSpec,
  text: Buffer | undefined,
  ca: string | undefined,
): string | undefined {
  if (!text) return 'missing';
  const content = readKubeconfig(text);
  if (!content) return 'not a kubeconfig with a current context';
  if (content.server !== spec.server) return `it goes to ${content.server}, not to ${spec.server}`;
  if (content.ca?.trim() !== ca?.trim()) return 'it trusts another CA';
  if (spec.credentials === 'embedded') return undefined;
  const own =
    content.certificateFile === KUBELET_CLIENT_CURRENT && content.keyFile === KUBELET_CLIENT_CURRENT;
  return own ? undefined : `its certificate is not ${KUBELET_CLIENT_CURRENT}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function fromBase64(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString();
}
