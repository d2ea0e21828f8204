import type { ImageArtifact } from '../artifacts/port.ts';
import { imageReferences } from './manifests/images.ts';
import type { ClusterPorts } from './ports.ts';
import type { ClusterSpec } from './spec/types.ts';
import type { HostBinary } from './steps/binary.ts';

/** Everything that a host of this cluster gets, made or found in the cache. */
export async function clusterArtifacts(
  ports: ClusterPorts,
  arch: string,
  spec: ClusterSpec,
): Promise<{ binaries: HostBinary[]; images: ImageArtifact[] }> {
  const { kubernetesVersion: version, extraImages } = spec;
  const { store } = await ports.artifacts(spec.artifacts);
  const binaries = await store.hostFiles(arch, version);
  const own = await store.images(arch, version, undefined, { ...imageReferences(spec) });
  const extra = extraImages.length > 0 ? await store.images(arch, version, extraImages) : [];
  const unused = spec.networking.cni === 'flannel' ? [] : ['flannel'];
  return { binaries, images: [...own.filter(({ component }) => !unused.includes(component)), ...extra] };
}
