import type { GoModule, ImageSpec } from '../catalog-types.ts';

/** Where upstream has a file, and the checksum that it publishes beside it. */
export interface UpstreamFile {
  url: string;
  checksum: string;
  /** Path inside of the .tar.gz; absent: the file itself is it. */
  member?: string;
}

/**
 * Every place that is downloaded from, by the Go module that the catalog names. `{version}` is with the v, `{number}`
 * without, `{name}` the last word of the component's name. As kubespray has them too (roles/…/download.yml), and the
 * projects' own release scripts: kubernetes build/lib/release.sh, containerd Makefile, runc script/release_sign.sh,
 * plugins scripts/release.sh (flannel's plugin is in v0.9.1, the last that had it), etcd scripts/release.sh.
 */
const GITHUB = 'https://github.com';
const RELEASES: Record<string, UpstreamFile> = {
  'k8s.io/kubernetes': beside('https://dl.k8s.io/{version}/bin/linux/{arch}/{name}', '.sha256'),
  'github.com/containerd/containerd/v2': {
    ...beside(
      `${GITHUB}/containerd/containerd/releases/download/{version}/containerd-{number}-linux-{arch}.tar.gz`,
      '.sha256sum',
    ),
    member: 'bin/{name}',
  },
  'github.com/opencontainers/runc': {
    url: `${GITHUB}/opencontainers/runc/releases/download/{version}/runc.{arch}`,
    checksum: `${GITHUB}/opencontainers/runc/releases/download/{version}/runc.sha256sum`,
  },
  'github.com/containernetworking/plugins': {
    ...beside(
      `${GITHUB}/containernetworking/plugins/releases/download/{version}/cni-plugins-linux-{arch}-{version}.tgz`,
      '.sha256',
    ),
    member: '{name}',
  },
  'go.etcd.io/etcd/server/v3': {
    url: `${GITHUB}/etcd-io/etcd/releases/download/{version}/etcd-{version}-linux-{arch}.tar.gz`,
    checksum: `${GITHUB}/etcd-io/etcd/releases/download/{version}/SHA256SUMS`,
    member: 'etcd-{version}-linux-{arch}/{name}',
  },
};
/** Test programs are in an image alone. */
const NOT_RELEASED = ['agnhost'];

/** Images that dl.k8s.io has as archives of `docker save`; their names there end in the architecture. */
const ARCHIVES = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'];
/** Assembled from released binaries, because the registry has no image of each version. */
const ASSEMBLED = ['etcd'];

export function upstreamFile(
  component: string,
  module: GoModule,
  version: string,
  arch: string,
): UpstreamFile | undefined {
  const template = RELEASES[module.modules[0] ?? ''];
  if (!template || NOT_RELEASED.includes(component)) return undefined;
  return fill(template, { version, arch, name: component.slice(component.lastIndexOf('/') + 1) });
}

export type UpstreamImage = { kind: 'archive'; file: UpstreamFile } | { kind: 'registry' };

/** Undefined where the image is assembled here. `reference` may differ from the catalog's: then a registry has it. */
export function upstreamImage(spec: ImageSpec, reference: string, arch: string): UpstreamImage | undefined {
  if (reference !== spec.reference) return { kind: 'registry' };
  if (ASSEMBLED.includes(spec.name)) return undefined;
  if (!ARCHIVES.includes(spec.name)) return { kind: 'registry' };
  const version = reference.slice(reference.lastIndexOf(':') + 1);
  const template = beside('https://dl.k8s.io/{version}/bin/linux/{arch}/{name}.tar', '.sha256');
  return { kind: 'archive', file: fill(template, { version, arch, name: spec.name }) };
}

/** Every upstream host is a folder of the mirror: `MIRROR/dl.k8s.io/v1.37.2/bin/…`. */
export function mirrored(url: string, mirror: string): string {
  if (!mirror) return url;
  return `${mirror.replace(/\/+$/, '')}/${url.replace(/^https:\/\//, '')}`;
}

function beside(url: string, suffix: string): UpstreamFile {
  return { url, checksum: `${url}${suffix}` };
}

function fill(file: UpstreamFile, values: { version: string; arch: string; name: string }): UpstreamFile {
  const all: Record<string, string> = { ...values, number: values.version.replace(/^v/, '') };
  const text = (template: string) =>
    template.replace(/\{(\w+)\}/g, (whole, key: string) => all[key] ?? whole);
  return {
    url: text(file.url),
    checksum: text(file.checksum),
    ...(file.member ? { member: text(file.member) } : {}),
  };
}
