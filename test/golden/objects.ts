import { parse } from 'yaml';
import type { KubeObject } from '../../src/kube/port.ts';

/** Under kind and name; without what only the server sets, and with YAML inside ConfigMaps read. */
export function comparableObject(object: KubeObject): [item: string, object: unknown] {
  const { status: _, ...rest } = structuredClone(object);
  for (const field of SERVERS) delete rest.metadata[field];
  const { namespace = '', name } = rest.metadata;
  if (rest.kind === 'ConfigMap') rest.data = readTexts((rest.data ?? {}) as Record<string, string>);
  return [`objects/${rest.kind}/${namespace}/${name}`, withoutEmptyMaps(rest)];
}

const SERVERS = [
  'creationTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
] as const;

function readTexts(data: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).map(([key, text]) => {
      const value = key === 'Corefile' || text.startsWith('-----BEGIN') ? text : (parse(text) as unknown);
      return [key, value];
    }),
  );
}

/** `resources: {}` is what Go prints for nothing. */
function withoutEmptyMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyMaps);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, field]) => key !== 'resources' || JSON.stringify(field) !== '{}')
      .map(([key, field]) => [key, withoutEmptyMaps(field)]),
  );
}
