import { KubewrightError } from '../../base/errors.ts';
import { readDocuments } from '../../kube/yaml.ts';
import { PATCH_TARGETS, PATCH_TYPES, type PatchSpec, type PatchTarget, type PatchType } from './sections.ts';

/** A file of the folder that `--patches` names. */
export interface PatchFile {
  name: string;
  text: string;
}

export interface FolderPatches {
  patches: PatchSpec[];
  /** Files that are no patches, each with the reason, as kubeadm leaves them out. */
  ignored: string[];
}

const EXTENSION = /.\.(json|yaml)$/;
const NAME = /^([a-z-]+)([^.+]*)(?:\+([^.]*))?\./;

/**
 * kubeadm's folder of patches: `target[suffix][+patchtype].extension`, applied in the order of the names, several in a
 * file one after the other (kubeadm's util/patches/patches.go). Throws InvalidPatch.
 */
export function readPatches(files: readonly PatchFile[]): FolderPatches {
  const patches: PatchSpec[] = [];
  const ignored: string[] = [];
  for (const { name, text } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const [, word = '', , type = 'strategic'] = NAME.exec(name) ?? [];
    const target = PATCH_TARGETS.find((known) => word.startsWith(known));
    if (!EXTENSION.test(name)) ignored.push(`${name}: it ends neither in .yaml nor in .json`);
    else if (word.startsWith('kubeproxydaemonset')) throw invalid(name, 'kube-proxy takes no patches here');
    else if (!target) ignored.push(`${name}: it begins with no target (${PATCH_TARGETS.join(', ')})`);
    else if (text.trim() === '') ignored.push(`${name}: it is empty`);
    else patches.push(...patchesOf(name, text, target, typeOf(name, type)));
  }
  return { patches, ignored };
}

function typeOf(name: string, text: string): PatchType {
  const type = PATCH_TYPES.find((known) => known === text);
  if (type) return type;
  throw invalid(name, `"${text}" is no kind of patch: ${PATCH_TYPES.join(', ')}`);
}

function patchesOf(name: string, text: string, target: PatchTarget, type: PatchType): PatchSpec[] {
  return readDocuments(text, name).map(({ value, line }) => {
    const list = Array.isArray(value);
    if (list !== (type === 'json') || typeof value !== 'object')
      throw invalid(
        `${name}:${line}`,
        type === 'json' ? 'a list of operations is expected' : 'a map is expected; a list has the type json',
      );
    return { target, type, patch: value as PatchSpec['patch'] };
  });
}

function invalid(name: string, why: string): KubewrightError {
  return new KubewrightError({
    code: 'InvalidPatch',
    message: `${name}: ${why}.`,
    hint: 'Files of --patches are called TARGET[SUFFIX][+TYPE].yaml, such as kube-apiserver0+merge.yaml.',
    exit: 'invalidInput',
  });
}
