import { sharedHosts } from '../declared/shared-hosts.ts';
import { openNode } from '../open-node.ts';
import type { ClusterPorts } from '../ports.ts';
import type { ClusterAccess } from '../record.ts';
import type { NodeSpec } from '../spec/types.ts';
import { type LockNode, RunLock } from './run-lock.ts';

export type LockedPorts = ClusterPorts & { run: RunLock };

/**
 * A run that changes something: each host that it changes is locked before the first change there, and nothing leaves
 * without the epoch of that lock; it ends when a lock is lost. A part of a run goes by what the whole run holds.
 */
export async function withRun<T>(
  given: ClusterPorts,
  command: string,
  work: (ports: LockedPorts) => Promise<T>,
): Promise<T> {
  if (given.run) return work(given as LockedPorts);
  const shared = sharedHosts(given);
  const run = new RunLock(shared, command);
  try {
    return await work({
      ...shared,
      run,
      signal: run.signal,
      openHost: async (target) => run.guard(await shared.openHost(target)),
      apiClient: (endpoint) => run.fence(given.apiClient(endpoint)),
    });
  } finally {
    await run.release();
  }
}

/** Control planes by their targets, where nothing is recorded that could say more. */
export function targetsOf(
  ports: ClusterPorts,
  hosts: readonly { name: string; target: string }[],
): LockNode[] {
  return hosts.map(({ name, target }) => ({ name, open: () => ports.openHost(target) }));
}

/** The control planes among these, to be locked; the one that is worked through is there already. */
export function controlPlanesOf(
  ports: ClusterPorts,
  hosts: readonly Pick<NodeSpec, 'name' | 'role' | 'target' | 'address'>[],
  through?: ClusterAccess['through'],
): LockNode[] {
  const known = hosts.filter(({ role }) => role === 'control-plane');
  return known.map((node) => ({
    name: node.name,
    open: async () => (through?.node.name === node.name ? through.host : (await openNode(ports, node)).host),
  }));
}
