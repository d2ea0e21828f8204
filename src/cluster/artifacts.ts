import { mirrored } from '../artifacts/download/upstream.ts';
import type { ImageArtifact } from '../artifacts/port.ts';
import { Courier } from './delivery/courier.ts';
import { type ImageReferences, imageReferences } from './manifests/images.ts';
import type { ClusterPorts } from './ports.ts';
import { hasNodeBalancer } from './spec/node.ts';
import type { ArtifactDelivery } from './spec/sections.ts';
import type { ClusterSpec } from './spec/types.ts';
import type { HostBinary } from './steps/binary.ts';
import type { HostImage } from './steps/images.ts';

/** So many hosts of one run are worth a port that is open on them while it lasts. */
const MANY = 4;

/** A host, and the address that others reach it by. */
type Recipient = ConstructorParameters<typeof Courier>[1];

/**
 * Everything that a host of this cluster gets, made or found in the cache. Where hosts download by themselves,
 * `environment` is what they do it with; where they serve each other, `to` is the host that this is for.
 */
export async function clusterArtifacts(
  ports: ClusterPorts,
  arch: string,
  spec: ClusterSpec,
  environment: Record<string, string>,
  to?: Recipient,
): Promise<{ binaries: HostBinary[]; images: HostImage[] }> {
  const { kubernetesVersion: version, extraImages } = spec;
  const { choice, store } = await ports.artifacts(spec.artifacts);
  const files = await store.hostFiles(arch, version);
  const own = await store.images(arch, version, undefined, { ...imageReferences(spec) });
  const extra = extraImages.length > 0 ? await store.images(arch, version, extraImages) : [];
  const unused = unusedImages(spec);
  const used = own.filter(({ component }) => !unused.includes(component));
  const images = [...used.map((image) => named(image, spec)), ...extra];
  if (ports.shares && to && goesOn(choice.delivery, ports.shares.hosts)) {
    const courier = new Courier(ports.shares, to, ports.reporter);
    return {
      binaries: files.map((file) => ({ ...file, courier })),
      images: images.map((image) => ({ ...image, open: () => image.open(), courier })),
    };
  }
  if (choice.delivery !== 'download') return { binaries: files, images };
  const binaries = files.map((file) => withOrigin(file, choice.mirror, environment));
  const sent = binaries.filter(({ from }) => !from).length;
  if (sent > 0) {
    const text = `${sent} of ${files.length} executables were built here: nobody else has them, so they are uploaded.`;
    ports.reporter.emit({ type: 'message', level: 'info', text });
  }
  return { binaries, images };
}

/** Whether hosts pass artifacts on to each other. */
export function goesOn(delivery: ArtifactDelivery, hosts: number): boolean {
  return delivery === 'peer' || (delivery === 'auto' && hosts >= MANY);
}

/** Images by the catalog's names that this cluster does without. */
export function unusedImages(spec: ClusterSpec): string[] {
  const { networking, addons, etcd } = spec;
  return [
    ...(etcd.external ? ['etcd'] : []),
    ...(networking.cni === 'flannel' ? [] : ['flannel']),
    ...(addons.coredns.enabled ? [] : ['coredns']),
    ...(addons.kubeProxy.enabled ? [] : ['kube-proxy']),
    ...(hasNodeBalancer(spec) ? [] : ['haproxy']),
  ];
}

/** Archives that were built carry upstream's references. Of another version than the manifests want, none gets their name. */
function named(image: ImageArtifact, spec: ClusterSpec): HostImage {
  const wanted = imageReferences(spec)[image.component as keyof ImageReferences];
  if (wanted === undefined || wanted === image.reference) return image;
  const tag = (reference: string) => reference.slice(reference.lastIndexOf(':'));
  return tag(wanted) === tag(image.reference) ? { ...image, open: () => image.open(), alias: wanted } : image;
}

function withOrigin(file: HostBinary, mirror: string, env: Record<string, string>): HostBinary {
  const { origin } = file.artifact;
  if (!origin) return file;
  const { url, sha256, member } = origin;
  return { ...file, from: { url: mirrored(url, mirror), sha256, env, ...(member ? { member } : {}) } };
}
