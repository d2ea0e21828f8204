import type { Catalog, GoModule, ImageSpec } from '../catalog-types.ts';
import { hostFiles, packages, programs, sharedImages, sharedModules } from './shared.ts';

/** What goes with one Kubernetes version: the Go modules' versions, and the folders of components/ that pin them. */
export interface Release {
  /** With the v, as all of them: `v1.37.2`. */
  kubernetes: string;
  etcd: string;
  coredns: string;
  folders: { kubernetes: string; etcd: string; coredns: string };
  /** Cold builds on two cores. */
  seconds: { kubernetes: number; etcd: number; coredns: number };
  /** What tests and examples use, built from one Kubernetes for all of them. */
  tests: GoModule;
}

/** Every pinned version for this Kubernetes, what it is made from and where it goes. */
export function release(of: Release): Catalog {
  const { folders, seconds } = of;
  return {
    kubernetes: of.kubernetes,
    modules: [
      kubernetesModule({
        folder: folders.kubernetes,
        version: of.kubernetes,
        seconds: seconds.kubernetes,
        commands: [...CONTROL_PLANE, 'kubelet', 'kube-proxy', 'kubeadm'],
      }),
      of.tests,
      etcdModule(folders.etcd, of.etcd, seconds.etcd),
      ...sharedModules,
      {
        folder: folders.coredns,
        modules: ['github.com/coredns/coredns'],
        version: of.coredns,
        seconds: seconds.coredns,
        binaries: { coredns: 'github.com/coredns/coredns' },
      },
    ],
    programs,
    packages,
    hostFiles,
    images: [...releaseImages(of), ...sharedImages],
    peers: { components: ['kubeadm', ...Object.keys(of.tests.binaries)], images: ['agnhost'] },
  };
}

const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

interface KubernetesModule {
  folder: string;
  version: string;
  seconds: number;
  /** Of k8s.io/kubernetes/cmd. */
  commands: readonly string[];
  others?: Record<string, string>;
}

export function kubernetesModule({ folder, version, seconds, commands, others }: KubernetesModule): GoModule {
  const binaries = commands.map((name) => [name, `k8s.io/kubernetes/cmd/${name}`]);
  return {
    folder,
    modules: ['k8s.io/kubernetes'],
    version,
    ldflags: versionFlags(version),
    seconds,
    binaries: { ...Object.fromEntries(binaries), ...others },
  };
}

function versionFlags(version: string): string[] {
  const [major = '', minor = ''] = version.slice(1).split('.');
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((name) => [
    `-X ${name}.gitVersion=${version}`,
    `-X ${name}.gitMajor=${major}`,
    `-X ${name}.gitMinor=${minor}`,
    `-X ${name}.gitTreeState=clean`,
  ]);
}

function etcdModule(folder: string, version: string, seconds: number): GoModule {
  const binaries = {
    etcd: 'go.etcd.io/etcd/server/v3',
    etcdctl: 'go.etcd.io/etcd/etcdctl/v3',
    etcdutl: 'go.etcd.io/etcd/etcdutl/v3',
  };
  return { folder, modules: Object.values(binaries), version, seconds, binaries };
}

/** References and paths are upstream's. */
function releaseImages({ kubernetes, etcd, coredns }: Release): ImageSpec[] {
  return [
    ...CONTROL_PLANE.map((name) => ({
      name,
      reference: `registry.k8s.io/${name}:${kubernetes}`,
      files: { [`/usr/local/bin/${name}`]: name },
      entrypoint: [`/usr/local/bin/${name}`],
    })),
    {
      name: 'kube-proxy',
      reference: `registry.k8s.io/kube-proxy:${kubernetes}`,
      layers: ['nft'],
      files: { '/usr/local/bin/kube-proxy': 'kube-proxy' },
      entrypoint: ['/usr/local/bin/kube-proxy'],
    },
    {
      name: 'etcd',
      reference: `registry.k8s.io/etcd:${etcd.slice(1)}-0`,
      files: {
        '/usr/local/bin/etcd': 'etcd',
        '/usr/local/bin/etcdctl': 'etcdctl',
        '/usr/local/bin/etcdutl': 'etcdutl',
      },
    },
    {
      name: 'coredns',
      reference: `registry.k8s.io/coredns/coredns:${coredns}`,
      files: { '/coredns': 'coredns' },
      entrypoint: ['/coredns'],
    },
  ];
}
