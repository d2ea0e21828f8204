import { KubewrightError } from '../../base/errors.ts';
import type { JoinTarget } from '../run-join.ts';
import type { ClusterSpec, ClusterSpecInput, NodeRole } from '../spec/types.ts';

/** A host as a cluster file names it. */
export type DeclaredHost = JoinTarget & { name: string };

export interface DeclaredHosts {
  /** In the order of the file; at least one. */
  controlPlanes: DeclaredHost[];
  workers: DeclaredHost[];
}

export const NO_CONTROL_PLANE = 'hosts: none of them has the role control-plane';

/** Reached by `target`, else by its address, else by its name. Throws where no host is to be a control plane. */
export function declaredHosts(spec: ClusterSpecInput): DeclaredHosts {
  const hosts = (spec.hosts ?? []).map((host) => ({
    ...host,
    role: host.role ?? ('worker' as NodeRole),
    target: host.target ?? (host.address || host.name),
  }));
  const controlPlanes = hosts.filter(({ role }) => role === 'control-plane');
  const workers = hosts.filter(({ role }) => role === 'worker');
  if (controlPlanes.length > 0) return { controlPlanes, workers };
  throw unfit(NO_CONTROL_PLANE, 'Give the first one "role: control-plane".');
}

/** Recorded hosts that the file does not name any more. */
export function goneHosts(spec: ClusterSpecInput, recorded: ClusterSpec | undefined) {
  const named = new Set((spec.hosts ?? []).map(({ name }) => name));
  return (recorded?.hosts ?? []).filter(({ name }) => !named.has(name));
}

/** A node is what it was made as: a worker has no etcd, and taking one away is more than a change of a field. */
export function refuseOtherRoles(hosts: DeclaredHosts, recorded: ClusterSpec): void {
  for (const host of [...hosts.controlPlanes, ...hosts.workers]) {
    const known = recorded.hosts.find(({ name }) => name === host.name);
    if (!known || known.role === host.role) continue;
    throw unfit(
      `hosts: ${host.name} is recorded as a ${known.role} and cannot become a ${host.role}`,
      `Take it out of the file, apply with --prune-hosts, then add it again as a ${host.role}.`,
    );
  }
}

function unfit(finding: string, hint: string): KubewrightError {
  return new KubewrightError({
    code: 'InvalidClusterSpec',
    message: `The cluster cannot be built as described: ${finding}.`,
    hint,
    exit: 'invalidInput',
  });
}
