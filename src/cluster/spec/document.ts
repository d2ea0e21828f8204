import { KubewrightError } from '../../base/errors.ts';
import type { KubeObject } from '../../kube/port.ts';
import { DEFAULT_CLUSTER_NAME } from './defaults.ts';
import type { ClusterSpec, ClusterSpecInput } from './types.ts';

export const CLUSTER_API_VERSION = 'kubewright.dev/v1alpha1';
export const CLUSTER_KIND = 'Cluster';

/** The specification, whole or in part, as the object that `apply -f` takes and `get cluster` prints. */
export function toDocument(spec: ClusterSpec | ClusterSpecInput): KubeObject {
  const { name = DEFAULT_CLUSTER_NAME, ...rest } = spec;
  return { apiVersion: CLUSTER_API_VERSION, kind: CLUSTER_KIND, metadata: { name }, spec: rest };
}

/** The reverse, unchecked but for its envelope: resolveSpec looks at the fields. */
export function fromDocument(document: unknown): ClusterSpecInput {
  const object = document as Partial<KubeObject> | null;
  if (object?.apiVersion !== CLUSTER_API_VERSION || object.kind !== CLUSTER_KIND) {
    throw new KubewrightError({
      code: 'InvalidClusterSpec',
      message: `Not a cluster file: ${String(object?.apiVersion)} ${String(object?.kind)}.`,
      hint: `It has to start with "apiVersion: ${CLUSTER_API_VERSION}" and "kind: ${CLUSTER_KIND}".`,
      exit: 'invalidInput',
    });
  }
  const name = object.metadata?.name;
  return { ...(object.spec as ClusterSpecInput | undefined), ...(name === undefined ? {} : { name }) };
}
