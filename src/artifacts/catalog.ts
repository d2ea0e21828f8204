import { kubernetesModule, release } from './catalog/release.ts';
import type { Catalog } from './catalog-types.ts';

/**
 * The versions of Kubernetes that this kubewright can install, the newest first, each with what belongs to it. The Go
 * modules are pinned a second time, with all that they depend on, by components/FOLDER/go.mod and go.sum; a test
 * holds the two equal. Differences from kubeadm's defaults need an entry in components/ALLOWLIST.
 */
const tests = kubernetesModule({
  folder: 'kubernetes',
  version: 'v1.37.2',
  seconds: 20,
  commands: ['kubectl'],
  others: { agnhost: 'k8s.io/kubernetes/test/images/agnhost' },
});

/** What is installed where nobody asks for another version. */
export const newest: Catalog = release({
  kubernetes: 'v1.37.2',
  etcd: 'v3.7.3',
  coredns: 'v1.14.6',
  folders: { kubernetes: 'kubernetes', etcd: 'etcd', coredns: 'coredns' },
  seconds: { kubernetes: 460, etcd: 38, coredns: 98 },
  tests,
});

export const catalogs: readonly Catalog[] = [
  newest,
  release({
    kubernetes: 'v1.36.3',
    etcd: 'v3.6.16',
    coredns: 'v1.14.2',
    folders: { kubernetes: 'kubernetes-1.36', etcd: 'etcd-3.6', coredns: 'coredns-1.14.2' },
    seconds: { kubernetes: 460, etcd: 38, coredns: 98 },
    tests,
  }),
];
