export const STATIC_PODS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
export type StaticPodName = (typeof STATIC_PODS)[number];

/** Where distributions keep what /etc/ssl/certs links to: mounted where it exists, as kubeadm does. */
export const CA_DIRECTORIES = [
  '/etc/pki/ca-trust',
  '/etc/pki/tls/certs',
  '/etc/ca-certificates',
  '/usr/share/ca-certificates',
  '/usr/local/share/ca-certificates',
] as const;

export interface StaticPodOptions {
  /** Those of CA_DIRECTORIES that the host has. */
  caDirectories: readonly string[];
  /** Networks of this host that go past the proxy, where there is one. */
  ranges?: readonly string[];
  /** The host has an EncryptionConfiguration; by default where Secrets are to be encrypted. */
  encryption?: boolean;
  /** Members of an etcd cluster that this one joins, itself included; none for the first member. */
  initialCluster?: readonly { name: string; peerUrl: string }[];
  /** Default `existing` where initialCluster is given; `new` for members that start a cluster together. */
  initialClusterState?: 'new' | 'existing';
}
