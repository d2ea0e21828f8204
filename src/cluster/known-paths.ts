/**
 * What init and join write, for a host whose journal is gone: reset then takes these away whole. Nothing in them
 * belongs to anybody else.
 */
export function knownPaths(): string[] {
  return [
    '/etc/kubernetes',
    '/etc/cni/net.d/10-flannel.conflist',
    '/etc/cni/net.d/10-kubewright-bridge.conflist',
    '/etc/containerd/config.toml',
    '/etc/crictl.yaml',
    '/etc/modules-load.d/kubewright.conf',
    '/etc/sysctl.d/90-kubewright.conf',
    '/etc/systemd/system/containerd.service',
    '/etc/systemd/system/kubelet.service',
    '/etc/systemd/system/kubelet.service.d',
    '/etc/systemd/system/kubewright-routes.service',
    '/usr/local/bin/containerd',
    '/usr/local/bin/containerd-shim-runc-v2',
    '/usr/local/bin/ctr',
    '/usr/local/bin/kubelet',
    '/usr/local/sbin/runc',
    '/opt/cni',
    '/var/lib/kubelet/pki',
  ];
}
