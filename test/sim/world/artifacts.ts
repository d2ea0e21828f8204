import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { treeLayer, writeArchive } from '../../../src/artifacts/image/archive.ts';
import type { ImageArtifact } from '../../../src/artifacts/port.ts';
import { imageReferences } from '../../../src/cluster/manifests/images.ts';
import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import type { HostBinary } from '../../../src/cluster/steps/binary.ts';

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
  return BINARIES.map((component) => {
    const content = Buffer.from(`#!/bin/sh\n# not the real ${component}\n`);
    const path = component.startsWith('cni/')
      ? `/opt/cni/bin/${component.slice(4)}`
      : `/usr/local/bin/${component}`;
    const sha256 = createHash('sha256').update(content).digest('hex');
    const about = { component, version: 'v1', arch: 'amd64', path: '', sha256, size: content.length };
    return { path, mode: 0o755, artifact: { ...about, open: () => Readable.from([content]) } };
  });
}

/** Archives without a layer's content, under the references that the cluster's manifests name. */
export async function standInImages(folder: string): Promise<ImageArtifact[]> {
  const references = imageReferences(resolveSpec({ hosts: [{ name: 'cp1' }] }, undefined));
  const images = Object.entries(references).map(async ([component, reference]) => {
    const path = join(folder, `${component}.tar`);
    const digest = await writeArchive({ reference, arch: 'amd64', layers: [await treeLayer([])] }, path);
    const content = readFileSync(path);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const about = { component, version: 'v1', arch: 'amd64', path, sha256, size: statSync(path).size };
    return { ...about, reference, digest, open: () => Readable.from([content]) };
  });
  return Promise.all(images);
}
