import { isAddress } from '../spec/cidr.ts';
import type { PkiContext } from './context.ts';

export const KUBERNETES_DIR = '/etc/kubernetes';
export const PKI_DIR = '/etc/kubernetes/pki';
export const KUBELET_PKI_DIR = '/var/lib/kubelet/pki';
/** A link to the newest kubelet-client-TIME.pem; the kubelet moves it on when it renews, and refuses a plain file. */
export const KUBELET_CLIENT_CURRENT = `${KUBELET_PKI_DIR}/kubelet-client-current.pem`;
export const SA_KEY = `${PKI_DIR}/sa.key`;
export const SA_PUB = `${PKI_DIR}/sa.pub`;

export type Usage = 'server' | 'client';
export type CaName = 'ca' | 'front-proxy-ca' | 'etcd/ca';

export interface CaSpec {
  name: CaName;
  commonName: string;
}

export interface Identity {
  ca: CaName;
  commonName: string;
  organizations: readonly string[];
  usages: readonly Usage[];
  sans: SubjectAltNames;
  /** Key usage without keyEncipherment. */
  signatureOnly?: boolean;
}

export interface SubjectAltNames {
  /** Sorted, each once. */
  dns: readonly string[];
  /** In the order in which kubeadm lists them, each once. */
  ip: readonly string[];
}

export interface LeafSpec extends Identity {
  /** Below PKI_DIR or absolute, without `.crt` and `.key`. */
  name: string;
}

export interface KubeconfigSpec extends Identity {
  /** Below KUBERNETES_DIR. */
  file: string;
  server: string;
  /** Where the certificate is: inside, or for the kubelet in the file that it renews. */
  credentials: 'embedded' | 'kubelet';
}

const NO_SANS: SubjectAltNames = { dns: [], ip: [] };

export const CERTIFICATE_AUTHORITIES: readonly CaSpec[] = [
  { name: 'ca', commonName: 'kubernetes' },
  { name: 'front-proxy-ca', commonName: 'front-proxy-ca' },
  { name: 'etcd/ca', commonName: 'etcd-ca' },
];

/** Those that this cluster has. */
export function authoritiesOf({ externalEtcd }: Pick<PkiContext, 'externalEtcd'>): readonly CaSpec[] {
  return CERTIFICATE_AUTHORITIES.filter(({ name }) => !externalEtcd || name !== 'etcd/ca');
}

/** The leaves of kubeadm 1.37 (cmd/kubeadm/app/phases/certs/certlist.go), subjects and names included. */
export function leaves(context: PkiContext): LeafSpec[] {
  const leaf = (name: string, ca: CaName, commonName: string, usages: Usage[], sans = NO_SANS): LeafSpec => ({
    name,
    ca,
    commonName,
    organizations: [],
    usages,
    sans,
  });
  const etcdNames = (further: readonly string[]) => etcdAltNames(context, further);
  const all = [
    leaf('apiserver', 'ca', 'kube-apiserver', ['server'], apiServerAltNames(context)),
    leaf('apiserver-kubelet-client', 'ca', 'kube-apiserver-kubelet-client', ['client']),
    leaf('front-proxy-client', 'front-proxy-ca', 'front-proxy-client', ['client']),
    leaf('etcd/server', 'etcd/ca', context.nodeName, ['server', 'client'], etcdNames(context.etcdServerSANs)),
    leaf('etcd/peer', 'etcd/ca', context.nodeName, ['server', 'client'], etcdNames(context.etcdPeerSANs)),
    leaf('etcd/healthcheck-client', 'etcd/ca', 'kube-etcd-healthcheck-client', ['client']),
    leaf('apiserver-etcd-client', 'etcd/ca', 'kube-apiserver-etcd-client', ['client']),
  ];
  return all.filter(({ ca }) => !context.externalEtcd || ca !== 'etcd/ca');
}

/** kubeadm's kubeconfigs (cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go). */
export function kubeconfigs(context: PkiContext): KubeconfigSpec[] {
  const config = (
    file: string,
    commonName: string,
    organizations: string[],
    server: string,
    credentials: KubeconfigSpec['credentials'] = 'embedded',
  ): KubeconfigSpec => ({
    file,
    ca: 'ca',
    commonName,
    organizations,
    usages: ['client'],
    sans: NO_SANS,
    server,
    credentials,
  });
  const { endpointUrl, localUrl, nodeName } = context;
  return [
    config('admin.conf', 'kubernetes-admin', ['kubeadm:cluster-admins'], endpointUrl),
    ...(context.superAdmin
      ? [config('super-admin.conf', 'kubernetes-super-admin', ['system:masters'], endpointUrl)]
      : []),
    config('controller-manager.conf', 'system:kube-controller-manager', [], localUrl),
    config('scheduler.conf', 'system:kube-scheduler', [], localUrl),
    {
      ...config('kubelet.conf', `system:node:${nodeName}`, ['system:nodes'], localUrl, 'kubelet'),
      // Where it joins, kubeadm has the kubelet ask for it, with what its elliptic key can do.
      signatureOnly: !context.superAdmin,
    },
  ];
}

/** cmd/kubeadm/app/util/pkiutil, GetAPIServerAltNames. */
export function apiServerAltNames(context: PkiContext): SubjectAltNames {
  const names = [
    context.nodeName,
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${context.dnsDomain}`,
    context.serviceIp,
    context.advertiseAddress,
    context.endpointName,
    ...context.certSANs,
  ];
  return altNames(names);
}

function etcdAltNames(context: PkiContext, further: readonly string[]): SubjectAltNames {
  const { nodeName, advertiseAddress } = context;
  return altNames([nodeName, 'localhost', advertiseAddress, '127.0.0.1', '::1', ...further]);
}

function altNames(names: readonly string[]): SubjectAltNames {
  const unique = [...new Set(names)];
  return { dns: unique.filter((name) => !isAddress(name)).sort(), ip: unique.filter(isAddress) };
}

export const certPath = (name: string): string => `${pairPath(name)}.crt`;
export const keyPath = (name: string): string => `${pairPath(name)}.key`;
const pairPath = (name: string): string => (name.startsWith('/') ? name : `${PKI_DIR}/${name}`);
export const kubeconfigPath = (file: string): string => `${KUBERNETES_DIR}/${file}`;

/**
 * Every path whose content decides what has to be issued, for `Query {kind: 'file', content: true}`. The last,
 * KUBELET_CLIENT_CURRENT, is a link: its target's content is wanted.
 */
export function pkiPaths(context: PkiContext): string[] {
  const pairs = [...authoritiesOf(context), ...leaves(context)].flatMap(({ name }) => [
    certPath(name),
    keyPath(name),
  ]);
  const configs = kubeconfigs(context).map(({ file }) => kubeconfigPath(file));
  return [...pairs, SA_KEY, SA_PUB, ...configs, KUBELET_CLIENT_CURRENT];
}
