import { KubewrightError } from '../../../base/errors.ts';
import type { PatchSpec, PatchTarget } from '../../spec/sections.ts';
import type { ClusterSpec } from '../../spec/types.ts';
import { type Fields, isFields } from '../merge.ts';
import { PatchFailure } from './failure.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { type MergeKeys, POD_MERGE_KEYS, strategicMerge } from './strategic.ts';

/**
 * The patches of this target in their order, over everything else of it (kubeadm: --patches). Throws InvalidPatch with
 * the patch's place in the list.
 */
export function applyPatches<T extends object>(
  target: PatchTarget,
  object: T,
  spec: Pick<ClusterSpec, 'patches'>,
): T {
  let result = object as unknown as Fields;
  for (const [index, patch] of spec.patches.entries()) {
    if (patch.target !== target) continue;
    try {
      const patched = applyOne(patch, result);
      requireSame(result, patched);
      result = patched;
    } catch (error) {
      if (error instanceof PatchFailure) throw invalid(patch, index, error);
      throw error;
    }
  }
  return result as T;
}

function applyOne({ type, patch, target }: PatchSpec, object: Fields): Fields {
  if (type === 'json') {
    if (!Array.isArray(patch)) throw new PatchFailure('', 'a json patch is a list of operations');
    return jsonPatch(object, patch);
  }
  if (Array.isArray(patch)) throw new PatchFailure('', `a ${type} patch is a map`);
  return type === 'merge'
    ? (mergePatch(object, patch) as Fields)
    : strategicMerge(object, patch, mergeKeys(target));
}

/** KubeletConfiguration has no lists that merge. */
function mergeKeys(target: PatchTarget): MergeKeys {
  return target === 'kubeletconfiguration' ? {} : POD_MERGE_KEYS;
}

/** Under another name it would be another object, which nothing here would ever find again. */
function requireSame(before: Fields, after: Fields): void {
  const identity = (object: Fields) => {
    const { name, namespace } = isFields(object.metadata) ? object.metadata : {};
    return [object.apiVersion, object.kind, name, namespace];
  };
  const fields = ['apiVersion', 'kind', 'metadata.name', 'metadata.namespace'];
  const [was, is] = [identity(before), identity(after)];
  const changed = fields.find((_, index) => was[index] !== is[index]);
  if (changed) throw new PatchFailure(changed, 'may not be changed');
}

function invalid({ target, type }: PatchSpec, index: number, cause: PatchFailure): KubewrightError {
  return new KubewrightError({
    code: 'InvalidPatch',
    message: `patches[${index}] (${type}, ${target}) cannot be applied: ${cause.message}.`,
    hint: 'Correct the patch in the cluster file and run the command again; nothing was changed.',
    exit: 'invalidInput',
    cause,
  });
}
