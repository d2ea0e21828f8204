import { mapLimit } from '../../base/concurrency.ts';
import { KubewrightError } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import { ApiError, isNotFound } from '../../kube/errors.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import type { ClusterPorts } from '../ports.ts';

interface Pod extends KubeObject {
  metadata: KubeObject['metadata'] & {
    name: string;
    namespace: string;
    deletionTimestamp?: string;
    ownerReferences?: { kind: string; controller?: boolean }[];
  };
  status?: { phase?: string };
}

const MIRROR = 'kubernetes.io/config.mirror';
const width = 16;

/** No pod comes to the node any more. False for a node that is not there, which needs none of it. */
export async function cordon(api: ApiClient, node: string): Promise<boolean> {
  try {
    await api.request({
      method: 'PATCH',
      path: `/api/v1/nodes/${encodeURIComponent(node)}`,
      query: { fieldManager: 'kubewright' },
      contentType: 'application/merge-patch+json',
      body: { spec: { unschedulable: true } },
    });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Pods that have to go elsewhere: neither a DaemonSet's nor a static one, and not finished. */
export async function evictablePods(api: ApiClient, node: string): Promise<Pod[]> {
  const { body } = await api.request<{ items: Pod[] }>({
    path: '/api/v1/pods',
    query: { fieldSelector: `spec.nodeName=${node}` },
  });
  return body.items.filter(({ metadata, status }) => {
    const finished = status?.phase === 'Succeeded' || status?.phase === 'Failed';
    const daemon = metadata.ownerReferences?.some(
      ({ kind, controller }) => controller && kind === 'DaemonSet',
    );
    return !finished && !daemon && !metadata.annotations?.[MIRROR];
  });
}

/**
 * Evicts every pod and waits until all have ended. A disruption budget may refuse for a while; where it still does
 * when time is up, the pods and the server's own words are named and the node stays as it is, cordoned.
 */
export async function evictAll(
  { reporter, signal }: Pick<ClusterPorts, 'reporter' | 'signal'>,
  api: ApiClient,
  node: string,
  timeoutMs: number,
): Promise<void> {
  const about = {
    type: 'waiting' as const,
    id: `${node} drain`,
    host: node,
    for: `the pods of ${node} to end, at most ${Math.round(timeoutMs / 1000)} s`,
  };
  let refusals = new Map<string, string>();
  const empty = await poll({ intervalMs: 1000, timeoutMs, signal }, async () => {
    const pods = await evictablePods(api, node);
    refusals = new Map();
    await mapLimit(
      pods.filter(({ metadata }) => !metadata.deletionTimestamp),
      width,
      async (pod) => {
        const refusal = await evict(api, pod, signal);
        if (refusal) refusals.set(labelOf(pod), refusal);
      },
    );
    const refused = [...refusals].map(([pod, words]) => `; ${pod}: ${words}`);
    reporter.emit({ ...about, seen: `${pods.length} left${refused.join('')}` });
    return pods.length === 0 ? true : undefined;
  });
  reporter.emit({ ...about, finished: true });
  const left = empty ? [] : await evictablePods(api, node);
  if (left.length > 0) throw notDrained(node, timeoutMs, left.map(labelOf), refusals);
}

/** The server's words where a disruption budget is in the way (429), nothing where the pod goes or is gone. */
async function evict(api: ApiClient, { metadata }: Pod, signal: AbortSignal): Promise<string | undefined> {
  const { name, namespace } = metadata;
  try {
    await api.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/pods/${encodeURIComponent(name)}/eviction`,
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } },
      // The client, too, asks again after a 429, while the other pods would wait.
      timeoutMs: 5000,
      signal,
    });
    return undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (error instanceof ApiError && error.httpStatus === 429) return refusalOf(error);
    throw error;
  }
}

/** The budget's name and what it needs stand in the causes (pkg/registry/core/pod/storage/eviction.go). */
function refusalOf({ message, status }: ApiError): string {
  const causes = status.details?.causes?.map((cause) => cause.message ?? '').filter(Boolean) ?? [];
  return [message, ...causes].join(' ');
}

function labelOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function notDrained(node: string, timeoutMs: number, left: string[], refusals: Map<string, string>) {
  const refused = [...refusals].map(([pod, words]) => `${pod}: ${words}`);
  return new KubewrightError({
    code: refused.length > 0 ? 'DisruptionBudget' : 'DrainTimeout',
    message: `${left.length} pods were still on ${node} after ${Math.round(timeoutMs / 1000)} s: ${left.join(', ')}.`,
    host: node,
    step: 'drain',
    evidence: refused.join('\n'),
    hint: `It stays cordoned. Make room for them (kubewright get poddisruptionbudgets -A), then the same command again, with a longer --timeout if they only need time; or let it take pods again: kubectl uncordon ${node}.`,
    exit: 'timeout',
  });
}
