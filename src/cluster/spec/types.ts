import type {
  AddonsSpec,
  ApiServerSpec,
  ArtifactsSpec,
  ComponentSpec,
  ConfigOverrides,
  EtcdSpec,
  ExtraArgs,
  HooksSpec,
  PatchSpec,
  ProxySpec,
  RegistrySpec,
  SchedulerSpec,
  SecuritySpec,
  TimeoutsSpec,
} from './sections.ts';

export type { ConfigOverrides } from './sections.ts';

/**
 * The desired state of a cluster, whole: every field is set once defaults and the record have been merged in.
 * Recorded in the cluster and on each control plane; holds no credentials.
 */
export interface ClusterSpec {
  name: string;
  /** `v1.37.2` */
  kubernetesVersion: string;
  networking: NetworkingSpec;
  /** What every certificate and configuration names as the API server; resolved on each host by /etc/hosts. */
  endpoint: EndpointSpec;
  encryptionAlgorithm: EncryptionAlgorithm;
  /** Go durations as in kubeadm's ClusterConfiguration: `8760h`, `87600h`. */
  certificateValidity: string;
  caCertificateValidity: string;
  /** `registry.k8s.io` */
  imageRepository: string;
  /** Versions that do not follow from kubernetesVersion, recorded so that a newer kubewright keeps them. */
  components: ComponentVersions;
  hosts: NodeSpec[];
  /** KubeletConfiguration fields for every node; they win over ours, a host's own win over these. */
  kubelet: ConfigOverrides;
  /** KubeProxyConfiguration fields. */
  kubeProxy: ConfigOverrides;
  apiServer: ApiServerSpec;
  controllerManager: ComponentSpec;
  scheduler: SchedulerSpec;
  etcd: EtcdSpec;
  /** Of every Kubernetes component; a component's own win. */
  featureGates: Record<string, boolean>;
  addons: AddonsSpec;
  /** In kubeadm's way: after everything else of its target, in this order. */
  patches: PatchSpec[];
  proxy: ProxySpec;
  registries: RegistrySpec[];
  timeouts: TimeoutsSpec;
  security: SecuritySpec;
  artifacts: ArtifactsSpec;
  /** For machines without CAP_SYS_RESOURCE: containerd then does not lower oom_score_adj. */
  restrictOomScoreAdj: boolean;
  /** References of images that are brought to every host beside those the cluster needs. */
  extraImages: string[];
  /** Further names and addresses in the API server's certificate. */
  certSANs: string[];
}

export interface EndpointSpec {
  name: string;
  port: number;
  balancer: Balancer;
}

/**
 * How workers get to the API servers. `node`: by a balancer on each of them. `external`: by whatever the name resolves
 * to outside, a load balancer for instance; nothing is written to /etc/hosts. `none`: to the first control plane alone.
 */
export const BALANCERS = ['node', 'external', 'none'] as const;
export type Balancer = (typeof BALANCERS)[number];

export interface NetworkingSpec {
  /** One CIDR, or two of different families: `10.244.0.0/16,fd00:10:244::/56`. */
  podSubnet: string;
  serviceSubnet: string;
  dnsDomain: string;
  cni: CniName;
}

export const CNI_NAMES = ['flannel', 'bridge', 'none'] as const;
export type CniName = (typeof CNI_NAMES)[number];

export const ENCRYPTION_ALGORITHMS = [
  'ECDSA-P256',
  'ECDSA-P384',
  'RSA-2048',
  'RSA-3072',
  'RSA-4096',
] as const;
export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number];

/** Image tags: `etcd: '3.7.3-0'`, `coredns: 'v1.14.6'`, `pause: '3.10.2'`, `flannel: 'v0.26.7'`, `haproxy: '2.6.12'`. */
export interface ComponentVersions {
  etcd: string;
  coredns: string;
  pause: string;
  flannel: string;
  haproxy: string;
}

export const NODE_ROLES = ['control-plane', 'worker'] as const;
export type NodeRole = (typeof NODE_ROLES)[number];

export interface NodeSpec {
  /** The Node object's name (RFC 1123 subdomain, lower case). */
  name: string;
  role: NodeRole;
  /** The address that this host advertises: API server and etcd; the kubelet's node IP too, unless nodeAddress says another. */
  address: string;
  /** The kubelet's --node-ip, where it is not `address`: one, or two of different families with a comma. */
  nodeAddress?: string;
  /** How the user reaches it, as it was given: `[user@]host[:port]`, a name of ssh_config or of a lab, `local`. */
  target?: string;
  /** Names of preflight checks, in kubeadm's words (`NumCPU`), or `all`. */
  ignorePreflightErrors: string[];
  kubelet: ConfigOverrides;
  /** Flags of this host's kubelet that KubeletConfiguration has no field for; they replace our own of that name. */
  kubeletExtraArgs: ExtraArgs;
  /** Instead of the role's own: none on workers, node-role.kubernetes.io/control-plane:NoSchedule on control planes. */
  taints?: Taint[];
  labels: Record<string, string>;
  /** Environment of containerd and the kubelet on this host. */
  environment: Record<string, string>;
  hooks: HooksSpec;
}

export interface Taint {
  key: string;
  value?: string;
  effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

type Defined<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: Defined<T[K]> | undefined }
    : T;

/** What a user wrote: anything may be left out, but the name of a host. */
export type ClusterSpecInput = Omit<Defined<ClusterSpec>, 'hosts'> & { hosts?: NodeSpecInput[] };
export type NodeSpecInput = Partial<Omit<NodeSpec, 'hooks'>> & { name: string; hooks?: Partial<HooksSpec> };
