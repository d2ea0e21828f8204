import type { CProgram, DistributionPackage, GoModule, HostFileSpec, ImageSpec } from '../catalog-types.ts';

/** What is the same beside every Kubernetes version. */
const V = { containerd: 'v2.3.7', cni: 'v1.9.1', flannel: 'v0.26.7' };
const PLUGINS = 'github.com/containernetworking/plugins';
const CNI_VERSION = `-X ${PLUGINS}/pkg/utils/buildversion.BuildVersion`;

// `seconds`: a cold build of the whole folder on two cores.
export const sharedModules: GoModule[] = [
  {
    folder: 'containerd',
    modules: ['github.com/containerd/containerd/v2'],
    version: V.containerd,
    ldflags: [`-X github.com/containerd/containerd/v2/version.Version=${V.containerd}`],
    seconds: 49,
    binaries: {
      containerd: 'github.com/containerd/containerd/v2/cmd/containerd',
      'containerd-shim-runc-v2': 'github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2',
      ctr: 'github.com/containerd/containerd/v2/cmd/ctr',
    },
  },
  {
    folder: 'runc',
    modules: ['github.com/opencontainers/runc'],
    version: 'v1.4.3',
    // nsexec is C. Static, so that it runs on hosts without libseccomp; netgo and osusergo because a static
    // glibc cannot look up names.
    cgo: ['libseccomp'],
    tags: ['seccomp', 'netgo', 'osusergo'],
    ldflags: ['-extldflags -static'],
    seconds: 15,
    binaries: { runc: 'github.com/opencontainers/runc' },
  },
  {
    folder: 'cni-plugins',
    modules: [PLUGINS],
    version: V.cni,
    ldflags: [`${CNI_VERSION}=${V.cni}`],
    seconds: 8,
    binaries: {
      'cni/bridge': `${PLUGINS}/plugins/main/bridge`,
      'cni/loopback': `${PLUGINS}/plugins/main/loopback`,
      'cni/ptp': `${PLUGINS}/plugins/main/ptp`,
      'cni/macvlan': `${PLUGINS}/plugins/main/macvlan`,
      'cni/ipvlan': `${PLUGINS}/plugins/main/ipvlan`,
      'cni/vlan': `${PLUGINS}/plugins/main/vlan`,
      'cni/host-device': `${PLUGINS}/plugins/main/host-device`,
      'cni/host-local': `${PLUGINS}/plugins/ipam/host-local`,
      'cni/dhcp': `${PLUGINS}/plugins/ipam/dhcp`,
      'cni/static': `${PLUGINS}/plugins/ipam/static`,
      'cni/portmap': `${PLUGINS}/plugins/meta/portmap`,
      'cni/bandwidth': `${PLUGINS}/plugins/meta/bandwidth`,
      'cni/firewall': `${PLUGINS}/plugins/meta/firewall`,
      'cni/tuning': `${PLUGINS}/plugins/meta/tuning`,
      'cni/sbr': `${PLUGINS}/plugins/meta/sbr`,
      'cni/vrf': `${PLUGINS}/plugins/meta/vrf`,
    },
  },
  {
    // The last version of the plugins that has flannel; its own repository is not served as a Go module.
    folder: 'flannel-cni-plugin',
    modules: [PLUGINS],
    version: 'v0.9.1',
    ldflags: [`${CNI_VERSION}=v0.9.1`],
    seconds: 2,
    binaries: { 'cni/flannel': `${PLUGINS}/plugins/meta/flannel` },
  },
  {
    folder: 'flannel',
    modules: ['github.com/flannel-io/flannel'],
    version: V.flannel,
    // The udp backend is C.
    cgo: [],
    tags: ['netgo', 'osusergo'],
    ldflags: ['-extldflags -static', `-X github.com/flannel-io/flannel/pkg/version.Version=${V.flannel}`],
    seconds: 70,
    binaries: { flanneld: 'github.com/flannel-io/flannel' },
  },
];

/** A file of C under templates/images, linked statically. */
export const programs: CProgram[] = [
  { component: 'pause', version: '3.10.2', source: 'pause/pause.c', seconds: 1 },
];

/** Programs of the distribution with the libraries that they load, as one image layer. */
export const packages: DistributionPackage[] = [
  { component: 'nft', package: 'nftables', programs: ['/usr/sbin/nft'], seconds: 5 },
  { component: 'haproxy', package: 'haproxy', programs: ['/usr/sbin/haproxy'], seconds: 5 },
];

export const hostFiles: HostFileSpec[] = [
  { component: 'containerd', path: '/usr/local/bin/containerd', mode: 0o755 },
  { component: 'containerd-shim-runc-v2', path: '/usr/local/bin/containerd-shim-runc-v2', mode: 0o755 },
  { component: 'ctr', path: '/usr/local/bin/ctr', mode: 0o755 },
  { component: 'runc', path: '/usr/local/sbin/runc', mode: 0o755 },
  { component: 'kubelet', path: '/usr/local/bin/kubelet', mode: 0o755 },
  ...[
    ...['bridge', 'loopback', 'ptp', 'macvlan', 'ipvlan', 'vlan', 'host-device', 'host-local', 'dhcp'],
    ...['static', 'portmap', 'bandwidth', 'firewall', 'tuning', 'sbr', 'vrf', 'flannel'],
  ].map((name) => ({ component: `cni/${name}`, path: `/opt/cni/bin/${name}`, mode: 0o755 })),
];

// References and paths are upstream's.
export const sharedImages: ImageSpec[] = [
  {
    name: 'pause',
    reference: 'registry.k8s.io/pause:3.10.2',
    files: { '/pause': 'pause' },
    entrypoint: ['/pause'],
    user: '65535:65535',
  },
  {
    name: 'flannel',
    reference: `ghcr.io/flannel-io/flannel:${V.flannel}`,
    layers: ['nft'],
    files: { '/opt/bin/flanneld': 'flanneld' },
    entrypoint: ['/opt/bin/flanneld'],
  },
  {
    name: 'haproxy',
    reference: 'docker.io/library/haproxy:2.6.12',
    layers: ['haproxy'],
    files: {},
    // Where upstream's image has it.
    links: { '/usr/local/sbin/haproxy': '/usr/sbin/haproxy' },
    entrypoint: ['/usr/local/sbin/haproxy'],
  },
  {
    name: 'agnhost',
    reference: 'registry.k8s.io/e2e-test-images/agnhost:2.66.1',
    files: { '/agnhost': 'agnhost' },
    links: { '/agnhost-2': 'agnhost' },
    folders: { '/tmp': 0o1777, '/uploads': 0o755 },
    templates: 'agnhost',
    entrypoint: ['/agnhost'],
    command: ['pause'],
  },
];
