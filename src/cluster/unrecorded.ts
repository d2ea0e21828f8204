import type { ApiClient, KubeObject } from '../kube/port.ts';
import type { Reporter } from '../output/events.ts';
import type { ClusterSpec } from './spec/types.ts';

/** Tells of nodes that the record does not know: they joined with a token, which may not write it. */
export async function tellUnrecorded(
  api: ApiClient,
  { hosts }: Pick<ClusterSpec, 'hosts'>,
  reporter: Reporter,
): Promise<void> {
  const { body } = await api.request<{ items: KubeObject[] }>({ path: '/api/v1/nodes' });
  const recorded = new Set(hosts.map(({ name }) => name));
  const unknown = body.items.map(({ metadata }) => metadata.name ?? '').filter((name) => !recorded.has(name));
  if (unknown.length === 0) return;
  const text = `Nodes that are not in the cluster's record: ${unknown.sort().join(', ')}; kubewright join HOST adds one that joined with a token.`;
  reporter.emit({ type: 'message', level: 'warning', text });
}
