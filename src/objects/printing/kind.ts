import type { ResourceType } from '../../kube/port.ts';

/** `deployment.apps`, `pod`: how messages name a type before `/NAME`. */
export function kindOf(type: Pick<ResourceType, 'group' | 'kind'>): string {
  const kind = type.kind.toLowerCase();
  return type.group === '' ? kind : `${kind}.${type.group}`;
}
