import type { ImageArtifact } from '../../../src/artifacts/port.ts';
import { imageReferences } from '../../../src/cluster/manifests/images.ts';
import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import type { HostBinary } from '../../../src/cluster/steps/binary.ts';
import { standInBinary, standInImage } from '../support/stand-ins.ts';

const BINARIES = [
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'runc',
  'kubelet',
  'cni/bridge',
  'cni/loopback',
];

/** Small files in place of the real executables; the stubs in /usr/local/sbin stand before them. */
export function standInBinaries(): HostBinary[] {
  return BINARIES.map((component) => standInBinary(component));
}

/** Archives without a layer's content, under the references that the cluster's manifests name. */
export async function standInImages(folder: string): Promise<ImageArtifact[]> {
  const references = imageReferences(resolveSpec({ hosts: [{ name: 'cp1' }] }, undefined));
  return Promise.all(
    Object.entries(references).map(([component, reference]) =>
      standInImage(folder, component, { reference }),
    ),
  );
}
