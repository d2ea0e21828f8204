import { KubewrightError } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import { getOne, listAll } from '../../kube/objects.ts';
import type { ApiClient, KubeObject, ResourceType } from '../../kube/port.ts';
import { usageFault } from '../failures.ts';
import { typeOf } from '../selection/types.ts';
import type { Pod } from './pod.ts';
import { podSelector } from './selector.ts';

/** core/v1 Pod, known without asking the server. */
export const PODS: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  verbs: [],
  subresources: [],
  preference: 0,
};

export interface FoundPods {
  pods: Pod[];
  /** `pods/web-1`: the pod itself was named, not something that has pods. */
  direct: boolean;
}

/**
 * The pods of `POD`, `TYPE/NAME` (a workload, a Service, a Job) in the client's namespace. Where a workload has
 * none yet they are waited for, as kubectl's --pod-running-timeout says.
 */
export async function podsOf(client: ApiClient, target: string, timeoutMs: number): Promise<FoundPods> {
  const [word, name, ...more] = target.includes('/') ? target.split('/') : ['pods', target];
  if (!word || !name || more.length > 0)
    throw usageFault('arguments in resource/name form must have a single resource and name');
  const type = /^(po|pods?)$/.test(word) ? PODS : await typeOf(client, word);
  const object = await getOne<KubeObject>(client, type, name, type.namespaced ? client.namespace : undefined);
  if (type.resource === 'pods' && type.group === '') return { pods: [object as Pod], direct: true };
  const labelSelector = podSelector(object);
  const pods = await poll({ intervalMs: 250, timeoutMs }, async () => {
    const found = await selectPods(client, labelSelector);
    return found.length > 0 ? found : undefined;
  });
  if (pods) return { pods, direct: false };
  throw new KubewrightError({
    code: 'NoPods',
    message: `${type.resource}/${name} had no pods within ${timeoutMs / 1000} s (selector ${labelSelector})`,
    hint: `see why: kubewright get events -n ${client.namespace}`,
    exit: 'failure',
  });
}

export async function selectPods(client: ApiClient, labelSelector: string): Promise<Pod[]> {
  return (await listAll<Pod>(client, PODS, { namespace: client.namespace, labelSelector })).items;
}
