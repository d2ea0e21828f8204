import { explain, type Given } from './explain.ts';
import type { Finding } from './findings.ts';
import { clusterInputSchema, withoutNulls } from './input-schema.ts';
import { clusterSpecSchema } from './schema.ts';
import type { ClusterSpecInput } from './types.ts';
import { crossFindings } from './validate.ts';

/** What a file says of a cluster, each field checked by itself, and together as far as the file alone shows it. */
export function checkInput(
  given: unknown,
  plain: Given['plain'],
): { input: ClusterSpecInput; findings: Finding[] } {
  const value = withoutNulls(given ?? {}, clusterInputSchema);
  const parsed = clusterInputSchema.safeParse(value);
  const wrong = parsed.success
    ? []
    : explain(parsed.error.issues, { value, schema: clusterInputSchema, plain });
  const input: ClusterSpecInput = parsed.data ?? soundPart(value, wrong);
  return { input, findings: [...wrong, ...crossFindings(input)] };
}

export function checkName(given: unknown): Finding[] {
  const value = given ?? undefined;
  const schema = clusterSpecSchema.shape.name;
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  const findings = explain(parsed.error.issues, { value, schema });
  const hint = value === undefined ? 'such as "name: prod"' : undefined;
  return findings.map((finding) => ({ hint, ...finding, path: ['name'] }));
}

/** The sections of which nothing has been said yet. */
function soundPart(value: unknown, findings: readonly Finding[]): ClusterSpecInput {
  const wrong = new Set(findings.map(({ path }) => path[0]));
  if (wrong.has(undefined)) return {};
  return Object.fromEntries(Object.entries(value as object).filter(([key]) => !wrong.has(key)));
}
