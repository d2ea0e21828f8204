/** Fields of a component configuration, merged deeply; arrays and scalars replace. */
export type ConfigOverrides = Record<string, unknown>;

/** `--name` → value; a list gives the flag once for each, an empty string gives `--name=`. Replaces our own. */
export type ExtraArgs = Record<string, string | string[]>;

/** A folder or file of the host that a static pod gets (kubeadm: HostPathMount). */
export interface HostVolume {
  name: string;
  hostPath: string;
  mountPath: string;
  readOnly: boolean;
  pathType: HostPathType;
}

export const HOST_PATH_TYPES = [
  '',
  'DirectoryOrCreate',
  'Directory',
  'FileOrCreate',
  'File',
  'Socket',
  'CharDevice',
  'BlockDevice',
] as const;
export type HostPathType = (typeof HOST_PATH_TYPES)[number];

/** What may be set of each component that runs as a static pod. */
export interface ComponentSpec {
  extraArgs: ExtraArgs;
  environment: Record<string, string>;
  volumes: HostVolume[];
  featureGates: Record<string, boolean>;
}

/** Its certificate's names are `certSANs` of the cluster, as `--apiserver-cert-extra-sans` has them. */
export type ApiServerSpec = ComponentSpec;

export interface SchedulerSpec extends ComponentSpec {
  /** Fields of KubeSchedulerConfiguration; none: the scheduler runs by its flags, as with kubeadm. */
  config: ConfigOverrides;
}

export interface EtcdSpec extends ComponentSpec {
  /** Absolute; `/var/lib/etcd`. */
  dataDir: string;
  serverCertSANs: string[];
  peerCertSANs: string[];
  /** An etcd of the user's own, instead of one on the control planes. */
  external?: ExternalEtcdSpec;
}

export const ETCD_FILES_ON = ['here', 'hosts'] as const;

/** kubeadm's ExternalEtcd. The record keeps where the files are, never the key. */
export interface ExternalEtcdSpec {
  /** `https://etcd1.example.com:2379` */
  endpoints: string[];
  /** Where it answers HTTP (--listen-client-http-urls), if not at its endpoints too. */
  httpEndpoints: string[];
  caFile: string;
  certFile: string;
  keyFile: string;
  /**
   * `here`: files of the machine that runs kubewright, seen from the folder of the cluster file, put on each control
   * plane. `hosts`: they are on each control plane at these paths, as with kubeadm.
   */
  filesOn: (typeof ETCD_FILES_ON)[number];
}

export interface AddonsSpec {
  coredns: { enabled: boolean };
  kubeProxy: { enabled: boolean };
}

export const PATCH_TARGETS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubeletconfiguration',
  'corednsdeployment',
  'kubeproxydaemonset',
] as const;
export type PatchTarget = (typeof PATCH_TARGETS)[number];

export const PATCH_TYPES = ['strategic', 'merge', 'json'] as const;
export type PatchType = (typeof PATCH_TYPES)[number];

export interface PatchSpec {
  target: PatchTarget;
  type: PatchType;
  /** A map for strategic and merge, a list of operations (RFC 6902) for json. */
  patch: ConfigOverrides | ConfigOverrides[];
}

/** Of containerd, the kubelet and the static pods; empty where there is none. Never with a password in it. */
export interface ProxySpec {
  http: string;
  https: string;
  /** Beside what always goes direct: loopback, pods, services, the cluster's domain, endpoint and hosts. */
  noProxy: string[];
}

/** How containerd reaches the images of one registry (its hosts.toml). */
export interface RegistrySpec {
  /** `docker.io`, `registry.example.com:5000`, or `_default` for every registry without an entry of its own. */
  host: string;
  /** Asked in this order before the registry itself. */
  mirrors: RegistryMirror[];
  /** PEM of the authorities that the registry and its mirrors are trusted by. */
  ca?: string;
  skipVerify: boolean;
  credentials?: RegistryCredentials;
}

export interface RegistryMirror {
  /** `https://mirror.example.com/v2/library` */
  url: string;
  /** The path in the URL is whole, `/v2` is not added. */
  overridePath: boolean;
}

/** The record keeps where the password is found on the machine that runs kubewright, never the password. */
export interface RegistryCredentials {
  username: string;
  passwordFile?: string;
  passwordEnv?: string;
}

/** kubeadm's Timeouts: Go durations. */
export interface TimeoutsSpec {
  controlPlaneComponentHealthCheck: string;
  kubeletHealthCheck: string;
  kubernetesAPICall: string;
  etcdAPICall: string;
  tlsBootstrap: string;
  discovery: string;
}

export const ENCRYPTION_PROVIDERS = ['secretbox', 'aesgcm', 'aescbc', 'none'] as const;
export type EncryptionProvider = (typeof ENCRYPTION_PROVIDERS)[number];

export const ANONYMOUS_ACCESS = ['discovery', 'all', 'none'] as const;
export type AnonymousAccess = (typeof ANONYMOUS_ACCESS)[number];

export const TLS_VERSIONS = ['VersionTLS12', 'VersionTLS13'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

export interface SecuritySpec {
  /** /debug/pprof of API server, controller manager and scheduler. */
  profiling: boolean;
  tlsMinVersion: TlsVersion;
  /** IANA names for TLS 1.2; empty leaves Go's own choice. */
  tlsCipherSuites: string[];
  /** `discovery`: health endpoints and kube-public/cluster-info alone. */
  anonymousAccess: AnonymousAccess;
  /** `cluster-ca`: the kubelet's HTTPS certificate is signed by the cluster's CA. */
  kubeletServingCertificates: 'cluster-ca' | 'self-signed';
  audit: AuditSpec;
  /** How Secrets lie in etcd. */
  encryptSecrets: EncryptionProvider;
}

export interface AuditSpec {
  enabled: boolean;
  /** A whole audit.k8s.io/v1 Policy instead of ours. */
  policy?: ConfigOverrides;
  maxAgeDays: number;
  maxBackups: number;
  maxSizeMegabytes: number;
}

export const ARTIFACT_SOURCES = ['auto', 'download', 'build'] as const;
export type ArtifactSource = (typeof ARTIFACT_SOURCES)[number];

export const ARTIFACT_DELIVERIES = ['auto', 'upload', 'download', 'peer'] as const;
export type ArtifactDelivery = (typeof ARTIFACT_DELIVERIES)[number];

export interface ArtifactsSpec {
  /** `auto`: what is in the cache, else a download, else, where upstream cannot be reached, a build. */
  source: ArtifactSource;
  /** Base URL of a mirror that is laid out like upstream; empty: upstream itself. */
  mirror: string;
  /** From this machine, executables by their own download, or from hosts already served; `auto`: that where they are many. */
  delivery: ArtifactDelivery;
}

/** Command lines for `sh -c` as root on the host, in this order; one that fails ends the run. */
export interface HooksSpec {
  beforeJoin: string[];
  afterJoin: string[];
  beforeUpgrade: string[];
  afterUpgrade: string[];
  beforeReset: string[];
  afterReset: string[];
}
