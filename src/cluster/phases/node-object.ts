import { KubewrightError } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import type { NodeContext } from '../context.ts';
import type { Taint } from '../spec/types.ts';
import { isPassing, isUnreachable } from '../steps/objects.ts';
import { kubeletEvidence, kubeletWatch } from './kubelet-evidence.ts';

export interface NodeObject extends KubeObject {
  spec?: { taints?: Taint[]; podCIDR?: string; podCIDRs?: string[]; unschedulable?: boolean };
  status?: {
    nodeInfo?: { machineID?: string };
    addresses?: { type: string; address: string }[];
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
  };
}

export async function getNode(context: NodeContext): Promise<NodeObject | undefined> {
  return nodeNamed(await context.api(), context.node.name);
}

/** undefined where the API server has no such Node. */
export async function nodeNamed(api: ApiClient, name: string): Promise<NodeObject | undefined> {
  try {
    return (await api.request<NodeObject>({ path: `/api/v1/nodes/${encodeURIComponent(name)}` })).body;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export async function liveNode(context: NodeContext): Promise<NodeObject | undefined | 'unreachable'> {
  try {
    return await getNode(context);
  } catch (error) {
    if (isUnreachable(error)) return 'unreachable';
    throw error;
  }
}

export function isReady(node: NodeObject): boolean {
  return node.status?.conditions?.some((found) => found.type === 'Ready' && found.status === 'True') ?? false;
}

function stateOf(node: NodeObject | undefined): string {
  const ready = node?.status?.conditions?.find((condition) => condition.type === 'Ready');
  return node ? (ready?.message ?? 'registered, no status yet') : 'not registered';
}

function passing(error: unknown): KubewrightError {
  if (isPassing(error)) return error;
  throw error;
}

/** Polls until the Node is there and as wanted; the error carries what the kubelet last said. */
export async function waitForNode(
  context: NodeContext,
  wanted: (node: NodeObject) => boolean,
  what: string,
  signal: AbortSignal,
): Promise<NodeObject> {
  const { host, node, reporter } = context;
  const timeoutMs = context.waitMs('kubeletHealthCheck');
  const about = {
    type: 'waiting' as const,
    id: `${host.name} node`,
    host: host.name,
    for: `node ${node.name} to be ${what}`,
  };
  // Without credentials there is nothing to wait for.
  await context.api();
  let seen = 'not registered';
  const watch = kubeletWatch(host);
  const found = await poll({ intervalMs: 150, timeoutMs, signal }, async () => {
    await watch();
    const live = await getNode(context).catch(passing);
    signal.throwIfAborted();
    if (live instanceof KubewrightError) seen = live.message;
    else if (live && wanted(live)) return live;
    else seen = stateOf(live);
    reporter.emit({ ...about, seen });
    return undefined;
  });
  reporter.emit({ ...about, finished: true });
  if (found) return found;
  throw new KubewrightError({
    code: 'NodeNotReady',
    message: `Node ${node.name} was not ${what} within ${Math.round(timeoutMs / 1000)} s; last seen: ${seen}`,
    host: host.name,
    evidence: await kubeletEvidence(host),
    hint: `The same command again takes up here. kubewright get node ${node.name} -o yaml shows its conditions.`,
    exit: 'timeout',
  });
}
