import { applyPatch, type Operation } from 'rfc6902';
import type { Fields } from '../merge.ts';
import { PatchFailure } from './failure.ts';

/** RFC 6902; the first operation that cannot be carried out ends it. The argument is not changed. */
export function jsonPatch(original: Fields, operations: readonly unknown[]): Fields {
  const result = structuredClone(original);
  for (const [index, operation] of operations.entries()) {
    const { op, path } = operation as { op?: unknown; path?: unknown };
    const at = `[${index}] ${String(op)} ${String(path)}`;
    const error = attempt(() => applyPatch(result, [operation as Operation])[0] ?? undefined);
    if (error)
      throw new PatchFailure(
        at,
        error.name === 'MissingError' ? 'there is nothing at this path' : error.message,
      );
  }
  return result;
}

/** The library returns most errors and throws where a path is not one. */
function attempt(work: () => Error | undefined): Error | undefined {
  try {
    return work();
  } catch (error) {
    return error as Error;
  }
}
