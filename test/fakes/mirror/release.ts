import { dockerArchive, pushImage, tarOf } from './contents.ts';
import { type Mirror, sha256 } from './mirror.ts';

type Contents = (name: string, arch: string) => Buffer;

/** Bytes of one program, where the real ones are not what a test is about. */
export const program: Contents = (name, arch) => Buffer.from(`#!${name} for ${arch}\n`.repeat(4000));

const PLUGINS = [
  ...['bridge', 'loopback', 'ptp', 'macvlan', 'ipvlan', 'vlan', 'host-device', 'host-local', 'dhcp'],
  ...['static', 'portmap', 'bandwidth', 'firewall', 'tuning', 'sbr', 'vrf'],
];
const DL = '/dl.k8s.io/v1.37.2/bin/linux';
const RUNC = '/github.com/opencontainers/runc/releases/download/v1.4.3';
const CONTAINERD = '/github.com/containerd/containerd/releases/download/v2.3.7';
const CNI = '/github.com/containernetworking/plugins/releases/download';
const ETCD = '/github.com/etcd-io/etcd/releases/download/v3.7.3';

/**
 * Everything of Kubernetes 1.37.2 as a mirror has it. The addresses stand here a second time, as the projects' own
 * pages give them, so that a wrong one in the sources shows.
 */
export async function publishRelease(
  mirror: Mirror,
  architectures: readonly string[],
  contents: Contents = program,
): Promise<void> {
  const sums: { runc: string[]; etcd: string[] } = { runc: [], etcd: [] };
  for (const arch of architectures) {
    const bytes = (name: string) => contents(name, arch);
    const named = { named: true };
    mirror.publish(`${DL}/${arch}/kubelet`, bytes('kubelet'));
    mirror.put(`${RUNC}/runc.${arch}`, bytes('runc'));
    sums.runc.push(`${sha256(bytes('runc'))}  runc.${arch}`);
    const containerd = await tarOf({
      'bin/containerd': bytes('containerd'),
      'bin/containerd-shim-runc-v2': bytes('containerd-shim-runc-v2'),
      'bin/ctr': bytes('ctr'),
      'bin/containerd-stress': Buffer.from('not wanted'),
    });
    const file = `${CONTAINERD}/containerd-2.3.7-linux-${arch}.tar.gz`;
    mirror.publish(file, containerd, { suffix: '.sha256sum', ...named });
    const plugins = Object.fromEntries(PLUGINS.map((name) => [`./${name}`, bytes(`cni/${name}`)]));
    mirror.publish(`${CNI}/v1.9.1/cni-plugins-linux-${arch}-v1.9.1.tgz`, await tarOf(plugins), named);
    const old = await tarOf({ './flannel': bytes('cni/flannel'), './bridge': Buffer.from('an old one') });
    mirror.publish(`${CNI}/v0.9.1/cni-plugins-linux-${arch}-v0.9.1.tgz`, old, named);
    const inside = `etcd-v3.7.3-linux-${arch}`;
    const programs = ['etcd', 'etcdctl', 'etcdutl'].map(
      (name) => [`${inside}/${name}`, bytes(name)] as const,
    );
    const etcd = await tarOf(Object.fromEntries(programs));
    mirror.put(`${ETCD}/${inside}.tar.gz`, etcd);
    sums.etcd.push(`${sha256(etcd)}  ${inside}.tar.gz`);
    for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy']) {
      const layer = await tarOf({ [`usr/local/bin/${name}`]: bytes(name) }, { gzip: false });
      const archive = await dockerArchive(arch, `registry.k8s.io/${name}-${arch}:v1.37.2`, [layer]);
      mirror.publish(`${DL}/${arch}/${name}.tar`, archive);
    }
  }
  const signed = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${sums.runc.join('\n')}\n`;
  mirror.put(`${RUNC}/runc.sha256sum`, Buffer.from(signed));
  mirror.put(`${ETCD}/SHA256SUMS`, Buffer.from(`${sums.etcd.join('\n')}\n`));
}

/** The images that registries have; digests of the manifests by reference and architecture. */
export async function publishImages(
  mirror: Mirror,
  architectures: readonly string[],
  contents: Contents = program,
): Promise<Record<string, Record<string, string>>> {
  const images = {
    'registry.k8s.io/pause:3.10.2': 'pause',
    'registry.k8s.io/coredns/coredns:v1.14.6': 'coredns',
    'ghcr.io/flannel-io/flannel:v0.26.7': 'flanneld',
    'docker.io/library/haproxy:2.6.12': 'haproxy',
  };
  const digests: Record<string, Record<string, string>> = {};
  for (const [reference, name] of Object.entries(images)) {
    const [repository = '', tag = ''] = reference.split(':');
    const layers: Record<string, Buffer[]> = {};
    for (const arch of architectures) {
      layers[arch] = [await tarOf({ [name]: contents(name, arch) }, { gzip: false })];
    }
    digests[reference] = pushImage(mirror, `/v2/${repository}`, tag, layers);
  }
  return digests;
}
