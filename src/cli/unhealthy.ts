import { KubewrightError } from '../base/errors.ts';
import type { ClusterStatus } from '../cluster/status/types.ts';

/** What `status` ends with where something is not well; it has been shown by then. */
export function unhealthy({ cluster, problems }: ClusterStatus): KubewrightError | undefined {
  if (problems.length === 0) return undefined;
  const number = problems.length === 1 ? 'one thing is' : `${problems.length} things are`;
  return new KubewrightError({
    code: 'ClusterUnhealthy',
    message: `Of ${cluster} ${number} not well.`,
    hint: 'Each is named above, with its host.',
    exit: 'unhealthy',
  });
}
