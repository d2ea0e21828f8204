import { ARCHITECTURES, requireArch } from '../artifacts/arch.ts';
import { catalogs } from '../artifacts/catalog.ts';
import { type Listed, listUpstream } from '../artifacts/download/listing.ts';
import { catalogOf } from '../artifacts/selection.ts';
import { unusedImages } from './artifacts.ts';
import { imageReferences } from './manifests/images.ts';
import type { ClusterSpec } from './spec/types.ts';

/** What a cluster of this specification downloads for these architectures (all of them by default), each thing once. */
export async function listArtifacts(
  spec: ClusterSpec,
  options: { architectures?: readonly string[]; mirror: string; env: Record<string, string | undefined> },
): Promise<Listed[]> {
  const { architectures = ARCHITECTURES, mirror, env } = options;
  const catalog = catalogOf(catalogs, spec.kubernetesVersion);
  const lists: Listed[][] = [];
  for (const arch of architectures) {
    requireArch(arch);
    const references = { ...imageReferences(spec) };
    lists.push(await listUpstream({ catalog, arch, references, unused: unusedImages(spec), mirror, env }));
  }
  return [...new Map(lists.flat().map((one) => [one.address, one])).values()];
}
