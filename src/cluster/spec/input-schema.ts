import { z } from 'zod';
import { clusterSpecSchema } from './schema.ts';
import { bare, fieldsOf } from './schema-walk.ts';

/** Sections may be left out in part; what stands in a list is whole. */
function partly(schema: z.ZodType): z.ZodType {
  if (!(schema instanceof z.ZodObject)) return schema;
  const fields = [...fieldsOf(schema)].map(([key, field]) => [key, partly(field).optional()]);
  const section = z.strictObject(Object.fromEntries(fields));
  const told = schema.meta();
  return told ? section.meta(told) : section;
}

function inputSchema(): z.ZodType {
  const { name: _, ...shape } = clusterSpecSchema.shape;
  const { hosts } = shape;
  const host = partly(hosts.element) as z.ZodObject;
  const named = z
    .strictObject({ ...host.shape, name: hosts.element.shape.name })
    .meta(hosts.element.meta() ?? {});
  const told = hosts.meta();
  const list = z.array(named);
  return z
    .strictObject({
      ...(partly(z.strictObject(shape)) as z.ZodObject).shape,
      hosts: (told ? list.meta(told) : list).optional(),
    })
    .meta({
      description: 'What the cluster is to be; what is left out keeps its recorded value, or its default.',
    });
}

/** `spec` of a cluster file: anything may be left out, but the name of a host. */
export const clusterInputSchema = inputSchema();

/** Without the fields that hold nothing: for Kubernetes, too, `field:` alone is a field left out. */
export function withoutNulls(value: unknown, schema: z.ZodType | undefined): unknown {
  const inner = schema && bare(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value))
    return value.map((item) => withoutNulls(item, inner.element as z.ZodType));
  const fields = fieldsOf(inner);
  if (fields.size === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).filter(([key, item]) => item !== null || !fields.has(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item, fields.get(key))]));
}
