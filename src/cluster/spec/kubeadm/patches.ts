import { KubewrightError } from '../../../base/errors.ts';
import { valueAt } from '../findings.ts';
import { type PatchFile, readPatches } from '../patches-folder.ts';
import { type Conversion, placed, type Source } from './conversion.ts';

/** The files of a folder of this machine; undefined where there is none. */
export type ReadFolder = (path: string) => PatchFile[] | undefined;

/** The folder is that of `kubeadm init` on the host; here it is looked for on the machine that converts. */
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
  try {
    const { patches, ignored } = readPatches(files);
    const before = (conversion.input.patches as unknown[] | undefined) ?? [];
    conversion.set(['patches'], [...before, ...patches], source, from);
    conversion.warnings.push(...ignored.map((why) => placed(source, from, `left out ${why}`)));
  } catch (error) {
    if (!(error instanceof KubewrightError)) throw error;
    conversion.refuse(source, from, error.message);
  }
}
