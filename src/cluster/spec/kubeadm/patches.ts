import { KubewrightError } from '../../../base/errors.ts';
import { readDocuments } from '../../../kube/yaml.ts';
import { valueAt } from '../findings.ts';
import { PATCH_TARGETS } from '../sections.ts';
import type { Conversion, Source } from './conversion.ts';

export interface PatchFile {
  name: string;
  text: string;
}

/** The files of a folder of this machine; undefined where there is none. */
export type ReadFolder = (path: string) => PatchFile[] | undefined;

const FILE = /^(.+?)(?:\+([^.]*))?\.(?:json|yaml)$/;

/** kubeadm's folder of files `target[suffix][+patchtype].extension`, in the order of their names. */
export function convertPatches(
  conversion: Conversion,
  source: Source,
  readFolder: ReadFolder = () => undefined,
): void {
  const from = ['patches', 'directory'];
  const folder = valueAt(source.value, from) as string | undefined;
  if (!folder) return;
  const files = readFolder(folder);
  if (!files) {
    conversion.refuse(source, from, 'there is no such folder here', 'its files go into spec.patches');
    return;
  }
  const patches = files
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((file) => {
      const [, base = '', type = 'strategic'] = FILE.exec(file.name) ?? [];
      const target = PATCH_TARGETS.find((name) => base.startsWith(name));
      if (!target) return [];
      try {
        return readDocuments(file.text, file.name).map(({ value }) => ({ target, type, patch: value }));
      } catch (error) {
        if (!(error instanceof KubewrightError)) throw error;
        conversion.refuse(source, from, error.message);
        return [];
      }
    });
  conversion.set(['patches'], [...((conversion.input.patches as unknown[]) ?? []), ...patches], source, from);
}
