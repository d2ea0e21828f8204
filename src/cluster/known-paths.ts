import type { JournalEntry } from '../host/port.ts';
import { RECORD_PATH } from './record.ts';

/** Files of ours that every workflow writes first, under names that nobody else would give. */
export const SIGNS: readonly string[] = [RECORD_PATH, '/etc/modules-load.d/kubewright.conf'];

/**
 * What reset takes away whole because the journal was lost or cut: one of the signs is there and not in it. What the
 * journal does know is put back by it; a host without any sign was never ours, and keeps its own containerd.
 */
export function unknownPaths(journal: readonly JournalEntry[], present: readonly string[]): string[] {
  const known = new Set(journal.map(({ target }) => target));
  if (present.every((sign) => known.has(sign))) return [];
  return knownPaths().filter((path) => !known.has(path));
}

/** What `kubeadm reset` takes away (cmd/phases/reset/cleanupnode.go). */
const KUBEADM_PATHS = [
  ...['manifests', 'pki', 'admin.conf', 'super-admin.conf', 'kubelet.conf', 'bootstrap-kubelet.conf'],
  ...['controller-manager.conf', 'scheduler.conf'],
].map((name) => `/etc/kubernetes/${name}`);

/**
 * On a host of a cluster that somebody else made: with its CA still there, the next `init` would make a cluster of that
 * CA. Nothing on a host that was ours, or is in no cluster.
 */
export function foreignPaths(
  journal: readonly JournalEntry[],
  present: readonly string[],
  inCluster: boolean,
): readonly string[] {
  return inCluster && journal.length + present.length === 0 ? KUBEADM_PATHS : [];
}

/** What init and join write. */
function knownPaths(): string[] {
  return [
    '/etc/kubernetes',
    '/etc/cni/net.d/10-flannel.conflist',
    '/etc/cni/net.d/10-kubewright-bridge.conflist',
    '/etc/containerd/config.toml',
    '/etc/crictl.yaml',
    '/etc/modules-load.d/kubewright.conf',
    '/etc/sysctl.d/90-kubewright.conf',
    '/etc/systemd/system/containerd.service',
    '/etc/systemd/system/containerd.service.d/20-kubewright-environment.conf',
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
    '/var/log/kubernetes/audit',
  ];
}
