import type { PrunePlan } from '../declared/prune.ts';
import type { ClusterPorts } from '../ports.ts';
import { checkTogether, requireAll } from '../preflight/together.ts';
import type { ClusterAccess } from '../record.ts';
import { type JoinRequest, type JoinTarget, join } from '../run-join.ts';
import type { ClusterSpec, NodeRole } from '../spec/types.ts';
import type { TakeOutOptions } from './take-out.ts';

/** One host leaves the cluster, and one of its name joins it. */
export interface NodeChangeRequest
  extends TakeOutOptions,
    Pick<JoinRequest, 'keepServers' | 'ignorePreflightErrors'> {
  name: string;
  access: ClusterAccess;
}

/** What would be done; nothing is taken out where a run before this one has done that. */
export interface NodeChangePlan {
  removed: PrunePlan[];
  /** `w9 joins as the worker w1` */
  joins: string;
}

/** What became of it. */
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

/** Before the old one is taken out: what is refused only then leaves the cluster without the one and the other. */
export async function checkRejoin(
  ports: ClusterPorts,
  recorded: ClusterSpec,
  target: JoinTarget & { name: string },
  { api }: ClusterAccess,
  { ignorePreflightErrors }: NodeChangeRequest,
): Promise<ClusterPorts> {
  const spec = { ...recorded, hosts: recorded.hosts.filter(({ name }) => name !== target.name) };
  const about = { spec, recorded: spec, targets: [target], api, ignorePreflightErrors, leaving: true };
  const checked = await checkTogether(ports, about);
  requireAll(checked);
  return checked;
}

/** The second half of each change. */
export async function rejoin(
  ports: ClusterPorts,
  target: JoinTarget & { name: string },
  access: ClusterAccess,
  { ignorePreflightErrors, waitMs, keepServers }: NodeChangeRequest,
): Promise<NodeChange> {
  const { cluster, hosts, seconds } = await join(ports, {
    targets: [target],
    access,
    ignorePreflightErrors,
    dryRun: false,
    waitMs,
    ...(keepServers ? { keepServers } : {}),
  });
  const { changed, unchanged } = hosts[0]!;
  return { cluster, node: target.name, role: target.role, changed, unchanged, seconds };
}
