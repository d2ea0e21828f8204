import { type PlannedChange, sha256 } from '../../engine/changes.ts';
import type { KubeObject } from '../../kube/port.ts';
import { unifiedDiff } from '../../output/printers/unified-diff.ts';
import { canonicalYaml } from '../manifests/yaml.ts';
import { projection } from './subset.ts';

export function labelOf(object: KubeObject): string {
  const namespace = object.metadata.namespace ? `${object.metadata.namespace}/` : '';
  return `${object.kind} ${namespace}${object.metadata.name}`;
}

/** The fields that we set, as they are and as they will be; what others set is not ours to tell of. */
export function announceApply(object: KubeObject, live: KubeObject | undefined): PlannedChange {
  if (object.kind === 'Secret')
    return { kind: 'object', action: live ? 'update' : 'create', target: labelOf(object), secret: true };
  return announceSides(labelOf(object), live && projection(object, live), object);
}

export function announceDelete(object: KubeObject): PlannedChange {
  return { kind: 'object', action: 'delete', target: labelOf(object), before: 'present' };
}

export function announceSides(target: string, before: unknown, after: unknown): PlannedChange {
  const text = before === undefined ? undefined : canonicalYaml(before);
  const wanted = canonicalYaml(after);
  return {
    kind: 'object',
    action: text === undefined ? 'create' : 'update',
    target,
    ...(text === undefined ? {} : { before: `sha256:${sha256(text)}` }),
    after: `sha256:${sha256(wanted)}`,
    diff: unifiedDiff(target, text, wanted),
  };
}
