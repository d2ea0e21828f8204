import type { z } from 'zod';
import { orderedYaml } from '../manifests/yaml.ts';
import { toDocument } from './document.ts';
import { clusterInputSchema } from './input-schema.ts';
import { bare, fieldsOf, schemaAt } from './schema-walk.ts';
import type { ClusterSpecInput } from './types.ts';

/**
 * A specification as the cluster file that says exactly this, whole or sparse: fields in the order of the reference,
 * names that users choose by the alphabet. What readClusterFile reads of it is the same again.
 */
export function clusterText(spec: ClusterSpecInput): string {
  return orderedYaml(clusterDocument(spec));
}

export function clusterDocument(spec: ClusterSpecInput): object {
  const document = toDocument(spec);
  return { ...document, spec: ordered(document.spec, clusterInputSchema) };
}

function ordered(value: unknown, schema: z.ZodType | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => ordered(item, schema && schemaAt(schema, [0])));
  if (typeof value !== 'object' || value === null) return value;
  const fields = fieldsOf(schema);
  const known = [...fields.keys()].filter((key) => Object.hasOwn(value, key));
  const others = Object.keys(value).filter((key) => !fields.has(key));
  const entries = [...known, ...others.sort()].map((key) => {
    const inner = schema && schemaAt(bare(schema), [key]);
    return [key, ordered((value as Record<string, unknown>)[key], inner)] as const;
  });
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}
