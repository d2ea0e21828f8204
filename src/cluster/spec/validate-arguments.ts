import type { Finding } from './findings.ts';
import type { ExtraArgs } from './sections.ts';
import type { ClusterSpec, ClusterSpecInput } from './types.ts';

type Section = 'apiServer' | 'controllerManager' | 'scheduler' | 'etcd';

/**
 * Flags that this tool, and what it makes, rely on: with another value nothing would find, or trust, the component any
 * more. Others of ours may be replaced, as with kubeadm. Each with where the user's wish belongs.
 */
const OURS: Record<Section, Readonly<Record<string, string>>> = {
  apiServer: {
    'secure-port': 'the port is endpoint.port',
    'client-ca-file': "every client's certificate is signed by the cluster's CA",
    'tls-cert-file': 'the certificate is issued by the cluster; its further names are certSANs',
    'tls-private-key-file': 'the certificate is issued by the cluster; its further names are certSANs',
    'enable-bootstrap-token-auth': 'nodes join with bootstrap tokens',
    'service-cluster-ip-range': 'the range is networking.serviceSubnet',
  },
  controllerManager: {
    kubeconfig: 'its access is issued by the cluster',
    'cluster-cidr': 'the range is networking.podSubnet',
    'service-cluster-ip-range': 'the range is networking.serviceSubnet',
    'cluster-name': 'the name is name',
  },
  scheduler: { kubeconfig: 'its access is issued by the cluster' },
  etcd: {
    name: 'members are known by the names of their hosts',
    'data-dir': 'the folder is etcd.dataDir',
    'initial-cluster': 'members are added by join and taken out by reset',
    'initial-cluster-state': 'members are added by join and taken out by reset',
    'initial-advertise-peer-urls': 'members are added by join under the address of their hosts',
    'cert-file': 'the certificate is issued by the cluster; its further names are etcd.serverCertSANs',
    'key-file': 'the certificate is issued by the cluster; its further names are etcd.serverCertSANs',
    'trusted-ca-file': 'its clients are signed by the CA of etcd',
    'client-cert-auth': 'without it anybody who reaches etcd has the cluster',
    'peer-cert-file': 'the certificate is issued by the cluster; its further names are etcd.peerCertSANs',
    'peer-key-file': 'the certificate is issued by the cluster; its further names are etcd.peerCertSANs',
    'peer-trusted-ca-file': 'its peers are signed by the CA of etcd',
    'peer-client-cert-auth': 'without it anybody who reaches etcd has the cluster',
  },
};

export function argumentFindings(spec: ClusterSpec | ClusterSpecInput): Finding[] {
  const found = (Object.keys(OURS) as Section[]).flatMap((section) => {
    const extra = (spec[section]?.extraArgs ?? {}) as ExtraArgs;
    return Object.entries(extra).flatMap(([flag, value]) => {
      const why = Object.hasOwn(OURS[section], flag) ? OURS[section][flag] : undefined;
      if (why === undefined || isOurs(spec, section, flag, value)) return [];
      return [{ path: [section, 'extraArgs', flag], message: `cannot be set here: ${why}` }];
    });
  });
  return [...found, ...schedulerFindings(spec)];
}

/** The value that it has anyway may be written down. */
function isOurs(
  spec: ClusterSpec | ClusterSpecInput,
  section: Section,
  flag: string,
  value: string | string[],
): boolean {
  if (section === 'apiServer' && flag === 'secure-port') return value === String(spec.endpoint?.port ?? '');
  return (
    ['enable-bootstrap-token-auth', 'client-cert-auth', 'peer-client-cert-auth'].includes(flag) &&
    value === 'true'
  );
}

function schedulerFindings({ scheduler }: ClusterSpec | ClusterSpecInput): Finding[] {
  const both = scheduler?.extraArgs?.config !== undefined && Object.keys(scheduler.config ?? {}).length > 0;
  if (!both) return [];
  return [
    {
      path: ['scheduler', 'extraArgs', 'config'],
      message: 'cannot be set beside scheduler.config, which makes a file of its own',
    },
  ];
}
