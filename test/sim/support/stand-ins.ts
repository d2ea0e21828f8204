import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { treeLayer, writeArchive } from '../../../src/artifacts/image/archive.ts';
import type { ImageArtifact } from '../../../src/artifacts/port.ts';
import type { HostBinary } from '../../../src/cluster/steps/binary.ts';

/** A small file in place of a real executable. `padding`: bytes that make it larger, none like another. */
export function standInBinary(component: string, padding = 0): HostBinary {
  const text = Buffer.from(`#!/bin/sh\n# not the real ${component}\n`);
  const path = component.startsWith('cni/')
    ? `/opt/cni/bin/${component.slice(4)}`
    : `/usr/local/bin/${component}`;
  const artifact = artifactOf(component, '', Buffer.concat([text, randomBytes(padding)]));
  return { path, mode: 0o755, artifact };
}

/** An archive under that reference, with so many bytes in its layer, none like another. */
export async function standInImage(
  folder: string,
  component: string,
  { reference, padding = 0 }: { reference: string; padding?: number },
): Promise<ImageArtifact> {
  const path = join(folder, `${component}.tar`);
  const data = randomBytes(padding);
  const tree = [{ type: 'file' as const, path: '/data', mode: 0o644, size: padding, open: () => [data] }];
  const layer = await treeLayer(padding > 0 ? tree : []);
  const digest = await writeArchive({ reference, arch: 'amd64', layers: [layer] }, path);
  return { ...artifactOf(component, path, readFileSync(path)), reference, digest };
}

function artifactOf(component: string, path: string, content: Buffer) {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const about = { component, version: 'v1', arch: 'amd64', path, sha256, size: content.length };
  return { ...about, open: () => Readable.from([content]) };
}
