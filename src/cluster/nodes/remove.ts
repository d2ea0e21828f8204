import { Timeline } from '../../engine/timeline.ts';
import { liveApiServers } from '../api-servers.ts';
import { type PrunePlan, planPrune, pruneHosts } from '../declared/prune.ts';
import { sharedHosts } from '../declared/shared-hosts.ts';
import { lockedAccess } from '../locking/locked-access.ts';
import { withRun } from '../locking/with-run.ts';
import type { ClusterPorts } from '../ports.ts';
import type { ClusterAccess } from '../record.ts';
import type { HostOutcome } from '../run-cluster.ts';
import type { HostFailure } from '../run-join.ts';
import type { NodeSpec } from '../spec/types.ts';
import { findNodes } from './find.ts';
import { refuseLast, refuseLoss } from './majority.ts';
import { standingAccess } from './standing-access.ts';
import type { TakeOutOptions } from './take-out.ts';

export interface RemoveRequest extends TakeOutOptions {
  names: readonly string[];
  access: ClusterAccess;
  /** Told the URLs of the API servers that stay, also where some host failed. */
  keepServers?(servers: readonly string[]): Promise<void>;
}

export interface RemoveResult {
  cluster: string;
  hosts: HostOutcome[];
  failures: HostFailure[];
  seconds: number;
}

/** Takes hosts out of their cluster, dead ones too, one after the other. */
export function removeNodes(given: ClusterPorts, request: RemoveRequest): Promise<RemoveResult> {
  return withRun(given, 'node remove', (locked) => removeLocked(locked, request));
}

async function removeLocked(ports: ClusterPorts, request: RemoveRequest): Promise<RemoveResult> {
  const timeline = new Timeline();
  const { cluster, gone, access } = await leaving(ports, request);
  const removed = await pruneHosts(ports, gone, access, request);
  await request.keepServers?.(await liveApiServers(access.api, []));
  return {
    cluster,
    hosts: removed.map(({ outcome, failure }) => (failure ? { ...outcome, state: 'failed' } : outcome)),
    failures: removed.flatMap(({ failure }) => failure ?? []),
    seconds: timeline.seconds,
  };
}

/** What `removeNodes` would do; refuses what that refuses. */
export async function planRemoval(given: ClusterPorts, request: RemoveRequest): Promise<PrunePlan[]> {
  const ports = sharedHosts(given);
  const { gone, access, externalEtcd } = await leaving(ports, request);
  await refuseLoss(ports, gone, access, request.force ?? false);
  return planPrune(ports, gone, access, access.ca, externalEtcd);
}

interface Leaving {
  cluster: string;
  gone: NodeSpec[];
  access: ClusterAccess;
  externalEtcd: boolean;
}

async function leaving(ports: ClusterPorts, { names, access: given }: RemoveRequest): Promise<Leaving> {
  const { spec, access } = await lockedAccess(ports, given);
  const gone = await findNodes(ports, spec, names, access);
  refuseLast(spec, gone);
  const standing = await standingAccess(ports, spec, gone, access);
  return { cluster: spec.name, gone, access: standing, externalEtcd: spec.etcd.external !== undefined };
}
