export const MANIFESTS_DIR = '/etc/kubernetes/manifests';
export const KUBELET_DIR = '/var/lib/kubelet';
export const KUBELET_CONFIG = `${KUBELET_DIR}/config.yaml`;
export const KUBELET_FLAGS = `${KUBELET_DIR}/kubeadm-flags.env`;
export const KUBELET_INSTANCE_CONFIG = `${KUBELET_DIR}/instance-config.yaml`;
export const CNI_CONF_DIR = '/etc/cni/net.d';
export const CONTAINERD_CONFIG = '/etc/containerd/config.toml';
export const CONTAINERD_ENDPOINT = 'unix:///run/containerd/containerd.sock';

/** A file of root's on a host. */
export interface HostFile {
  path: string;
  /** Permission bits, 0o644. */
  mode: number;
  content: string;
}
