import { createReadStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ImageArtifact } from '../../../src/artifacts/port.ts';
import type { HostBinary } from '../../../src/cluster/steps/binary.ts';
import { hostFiles, image } from '../support/cluster-hosts.ts';

interface Artifacts {
  binaries: HostBinary[];
  images: ImageArtifact[];
}

/** What several runs, each a process, bring to hosts: on disk, as the real ones are. `bytes`: of each. */
export async function storeArtifacts(folder: string, bytes: number): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const binaries = [];
  for (const binary of hostFiles(bytes)) {
    const path = join(folder, binary.artifact.sha256);
    writeFileSync(path, await buffer(binary.artifact.open()));
    binaries.push({ ...binary, artifact: { ...binary.artifact, path } });
  }
  const images = [await image(folder, 'pause', bytes), await image(folder, 'coredns', bytes)];
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ binaries, images }));
  const sizes = [...binaries.map(({ artifact }) => artifact.size), ...images.map(({ size }) => size)];
  return sizes.reduce((sum, size) => sum + size, 0);
}

export function loadArtifacts(folder: string): Artifacts {
  const { binaries, images } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Artifacts;
  const open = (path: string) => () => createReadStream(path);
  return {
    binaries: binaries.map((each) => ({
      ...each,
      artifact: { ...each.artifact, open: open(each.artifact.path) },
    })),
    images: images.map((each) => ({ ...each, open: open(each.path) })),
  };
}
