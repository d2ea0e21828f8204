import type { ImageArtifact } from '../artifacts/port.ts';
import { type ImageReferences, imageReferences } from './manifests/images.ts';
import type { ClusterPorts } from './ports.ts';
import type { ClusterSpec } from './spec/types.ts';
import type { HostBinary } from './steps/binary.ts';
import type { HostImage } from './steps/images.ts';

/** Everything that a host of this cluster gets, made or found in the cache. */
export async function clusterArtifacts(
  ports: ClusterPorts,
  arch: string,
  spec: ClusterSpec,
): Promise<{ binaries: HostBinary[]; images: HostImage[] }> {
  const { kubernetesVersion: version, extraImages } = spec;
  const { store } = await ports.artifacts(spec.artifacts);
  const binaries = await store.hostFiles(arch, version);
  const own = await store.images(arch, version, undefined, { ...imageReferences(spec) });
  const extra = extraImages.length > 0 ? await store.images(arch, version, extraImages) : [];
  const unused = unusedImages(spec);
  const used = own.filter(({ component }) => !unused.includes(component));
  return { binaries, images: [...used.map((image) => named(image, spec)), ...extra] };
}

function unusedImages({ networking, addons }: ClusterSpec): string[] {
  return [
    ...(networking.cni === 'flannel' ? [] : ['flannel']),
    ...(addons.coredns.enabled ? [] : ['coredns']),
    ...(addons.kubeProxy.enabled ? [] : ['kube-proxy']),
  ];
}

/** Archives that were built carry upstream's references. Of another version than the manifests want, none gets their name. */
function named(image: ImageArtifact, spec: ClusterSpec): HostImage {
  const wanted = imageReferences(spec)[image.component as keyof ImageReferences];
  if (wanted === undefined || wanted === image.reference) return image;
  const tag = (reference: string) => reference.slice(reference.lastIndexOf(':'));
  return tag(wanted) === tag(image.reference) ? { ...image, open: () => image.open(), alias: wanted } : image;
}
