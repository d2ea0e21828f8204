import { type Fields, isFields } from '../merge.ts';

/** RFC 7386: maps merge, null takes away, everything else replaces. Neither argument is changed. */
export function mergePatch(original: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(original) ? { ...original } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}
