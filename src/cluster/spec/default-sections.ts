import type { ComponentSpec, HooksSpec, SecuritySpec } from './sections.ts';
import type { ClusterSpec } from './types.ts';

type Sections = Pick<
  ClusterSpec,
  | 'apiServer'
  | 'controllerManager'
  | 'scheduler'
  | 'etcd'
  | 'featureGates'
  | 'addons'
  | 'patches'
  | 'proxy'
  | 'registries'
  | 'timeouts'
  | 'security'
  | 'artifacts'
>;

function defaultComponent(): ComponentSpec {
  return { extraArgs: {}, environment: {}, volumes: [], featureGates: {} };
}

/** Mozilla's "intermediate" list as far as Go's TLS 1.2 has it; TLS 1.3 has no choice. */
const MODERN_CIPHERS = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
];

export function defaultSecurity(): SecuritySpec {
  return {
    profiling: false,
    tlsMinVersion: 'VersionTLS12',
    tlsCipherSuites: MODERN_CIPHERS,
    anonymousAccess: 'discovery',
    kubeletServingCertificates: 'cluster-ca',
    audit: { enabled: true, maxAgeDays: 30, maxBackups: 10, maxSizeMegabytes: 100 },
    encryptSecrets: 'secretbox',
  };
}

/** What a cluster has whose record says nothing of security: exactly what kubeadm sets. */
export function securityOff(): SecuritySpec {
  return {
    ...defaultSecurity(),
    profiling: true,
    tlsCipherSuites: [],
    anonymousAccess: 'all',
    kubeletServingCertificates: 'self-signed',
    audit: { ...defaultSecurity().audit, enabled: false },
    encryptSecrets: 'none',
  };
}

export function defaultHooks(): HooksSpec {
  return {
    beforeJoin: [],
    afterJoin: [],
    beforeUpgrade: [],
    afterUpgrade: [],
    beforeReset: [],
    afterReset: [],
  };
}

/** Fresh at each call: callers merge into it. Times are kubeadm's (constants.go). */
export function defaultSections(): Sections {
  return {
    apiServer: defaultComponent(),
    controllerManager: defaultComponent(),
    scheduler: { ...defaultComponent(), config: {} },
    etcd: { ...defaultComponent(), dataDir: '/var/lib/etcd', serverCertSANs: [], peerCertSANs: [] },
    featureGates: {},
    addons: { coredns: { enabled: true }, kubeProxy: { enabled: true } },
    patches: [],
    proxy: { http: '', https: '', noProxy: [] },
    registries: [],
    timeouts: {
      controlPlaneComponentHealthCheck: '4m0s',
      kubeletHealthCheck: '4m0s',
      kubernetesAPICall: '1m0s',
      etcdAPICall: '2m0s',
      tlsBootstrap: '5m0s',
      discovery: '5m0s',
    },
    security: defaultSecurity(),
    artifacts: { source: 'auto', mirror: '', delivery: 'auto' },
  };
}
