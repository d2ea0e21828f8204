import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cache, type Recipe, recipe } from '../cache.ts';
import type { ImageSpec } from '../catalog-types.ts';
import type { Artifact, ImageArtifact } from '../port.ts';

/** What an image is assembled from, all of it in the cache. */
export interface Inputs {
  layers: Artifact[];
  /** Path in the image → artifact. */
  files: [string, Artifact][];
  /** Path in the image → content. */
  templates: [string, Buffer][];
}

/** The recipe names the inputs by content: other bytes in, another image. */
export function imageRecipe(spec: ImageSpec, arch: string, inputs: Inputs): Recipe {
  return recipe(`image-${spec.name}`, [
    1,
    spec.reference,
    arch,
    inputs.layers.map((layer) => layer.sha256),
    inputs.files.map(([path, artifact]) => [path, artifact.sha256]),
    inputs.templates.map(([path, content]) => [path, content.toString('base64')]),
    Object.entries(spec.links ?? {}),
    Object.entries(spec.folders ?? {}),
    spec.entrypoint ?? null,
    spec.command ?? null,
    spec.user ?? null,
  ]);
}

/** Assembles the archive and puts it into the cache; reads each file verified. */
export async function assemble(
  cache: Cache,
  spec: ImageSpec,
  arch: string,
  inputs: Inputs,
): Promise<ImageArtifact> {
  // Only here, so that a run that finds everything in the cache does not load it.
  const [{ completeTree }, { treeLayer, writeArchive }] = await Promise.all([
    import('./tar.ts'),
    import('./archive.ts'),
  ]);
  const tree = completeTree([
    ...Object.entries(spec.folders ?? {}).map(([path, mode]) => ({ path, mode, type: 'directory' }) as const),
    ...Object.entries(spec.links ?? {}).map(
      ([path, target]) => ({ path, target, mode: 0o777, type: 'symlink' }) as const,
    ),
    ...inputs.templates.map(
      ([path, content]) =>
        ({ path, type: 'file', mode: 0o644, size: content.length, open: () => [content] }) as const,
    ),
    ...inputs.files.map(
      ([path, file]) =>
        ({ path, type: 'file', mode: 0o755, size: file.size, open: () => file.open() }) as const,
    ),
  ]);
  return cache.temporary(async (folder) => {
    const own = await treeLayer(tree);
    const lower = inputs.layers.map((layer) => ({
      sha256: layer.sha256,
      size: layer.size,
      open: () => layer.open(),
    }));
    const { reference, entrypoint, command, user } = spec;
    const archive = join(folder, 'image.tar');
    const digest = await writeArchive(
      { reference, arch, entrypoint, command, user, layers: [...lower, own] },
      archive,
    );
    const version = reference.slice(reference.lastIndexOf(':') + 1);
    const made = {
      inputs: [...inputs.layers, ...inputs.files.map(([, file]) => file)].map(({ sha256 }) => sha256),
    };
    const entry = {
      component: spec.name,
      version,
      arch,
      source: 'assembled',
      reference,
      digest,
      made,
    } as const;
    return (await cache.put(imageRecipe(spec, arch, inputs), archive, entry)) as ImageArtifact;
  });
}

/** The files under a folder of templates/images, by their path in the image, sorted. */
export async function templateFiles(folder: string): Promise<[string, Buffer][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
    .sort();
  return Promise.all(
    paths.map(async (path) => [path, await readFile(join(folder, path))] as [string, Buffer]),
  );
}
