import { z } from 'zod';
import type { Path } from './findings.ts';

/** Without what says that it may be left out, or what stands there then. */
export function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return bare(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodPipe ? bare(schema.in as z.ZodType) : schema;
}

/** The schema of what stands at a path; undefined where nothing may. */
export function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((at, part) => at && child(bare(at), part), schema);
}

function child(schema: z.ZodType, part: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return fieldsOf(schema).get(String(part));
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (schema instanceof z.ZodUnion)
    return (schema.options as z.ZodType[]).map((option) => child(bare(option), part)).find(Boolean);
  return undefined;
}

/** The fields that are known by name: none of a map whose keys are the user's. */
export function fieldsOf(schema: z.ZodType | undefined): Map<string, z.ZodType> {
  const object = schema && bare(schema);
  return new Map(Object.entries(object instanceof z.ZodObject ? (object.shape as z.ZodRawShape) : {})) as Map<
    string,
    z.ZodType
  >;
}

/** Every path at which a field has this name; `hosts[0]` stands for any host. */
export function placesOf(name: string, schema: z.ZodType, at: Path = []): Path[] {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray) return placesOf(name, inner.element as z.ZodType, [...at, 0]);
  return [...fieldsOf(inner)].flatMap(([key, field]) => [
    ...(key === name ? [at] : []),
    ...placesOf(name, field, [...at, key]),
  ]);
}
