import { type Recipe, recipe } from '../cache.ts';
import type { ArtifactRequest, ImageRequest } from '../port.ts';
import type { UpstreamFile, UpstreamImage } from './upstream.ts';

export interface WantedFile {
  request: ArtifactRequest;
  file: UpstreamFile;
}

export interface WantedImage {
  request: ImageRequest;
  image: UpstreamImage;
}

/** What decides what comes out; the pin does not, so that it can be compared. */
export function fileRecipe({ request, file }: WantedFile): Recipe {
  const { component, version, arch } = request;
  return recipe(component, ['download', 1, component, version, arch, file.url, file.member ?? '']);
}

export function downloadedImageRecipe({ name, reference, arch }: ImageRequest): Recipe {
  return recipe(`image-${name}`, ['download', 1, reference, arch]);
}

/** What an image is pinned under. */
export function imageKey({ request, image }: WantedImage): string {
  return image.kind === 'archive' ? image.file.url : `${request.reference} linux/${request.arch}`;
}
