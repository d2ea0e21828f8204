import type { JoinRequest } from '../run-join.ts';
import type { NodeRole } from '../spec/types.ts';

/** What became of one host that left the cluster and joined it again. */
export interface NodeChange {
  cluster: string;
  node: string;
  role: NodeRole;
  changed: number;
  unchanged: number;
  /** What could not be done for the host that went. */
  note?: string;
  seconds: number;
}

/** How it joins again. */
export function rejoining({
  ignorePreflightErrors,
  waitMs,
  keepServers,
}: Pick<JoinRequest, 'ignorePreflightErrors' | 'waitMs' | 'keepServers'>) {
  return { ignorePreflightErrors, dryRun: false, waitMs, ...(keepServers ? { keepServers } : {}) };
}
