import { KubewrightError } from '../../base/errors.ts';
import type { HostFailure } from '../../cluster/run-join.ts';

/** undefined where nothing failed; one host's failure as itself where there is no other host. */
export function failureOf(
  failures: readonly HostFailure[],
  total: number,
  { done, again }: { done: string; again: string },
): unknown {
  if (failures.length === 0) return undefined;
  if (total === 1) return failures[0]!.error;
  const names = failures.map(({ target }) => target).join(', ');
  return new KubewrightError({
    code: 'HostsFailed',
    message: `${total - failures.length} of ${total} hosts ${done}; not: ${names}.`,
    hint: `${again} takes up where these stopped.`,
    exit: 'partial',
    cause: new AggregateError(failures.map(({ error }) => error)),
  });
}
