import type { ImageArtifact } from '../artifacts/port.ts';
import type { ClusterPorts } from './ports.ts';
import type { ClusterSpec } from './spec/types.ts';
import type { HostBinary } from './steps/binary.ts';

/** Everything that a host of this cluster gets, made or found in the cache. */
export async function clusterArtifacts(
  ports: ClusterPorts,
  arch: string,
  spec: ClusterSpec,
): Promise<{ binaries: HostBinary[]; images: ImageArtifact[] }> {
  const { kubernetesVersion, extraImages } = spec;
  const binaries = await ports.artifacts.hostFiles(arch, kubernetesVersion);
  const own = await ports.artifacts.images(arch, kubernetesVersion);
  const extra =
    extraImages.length > 0 ? await ports.artifacts.images(arch, kubernetesVersion, extraImages) : [];
  const unused = spec.networking.cni === 'flannel' ? [] : ['flannel'];
  return { binaries, images: [...own.filter(({ component }) => !unused.includes(component)), ...extra] };
}
