import { explain, type Given } from './explain.ts';
import { type Finding, invalidSpec, type Path, type Written } from './findings.ts';
import { clusterInputSchema, withoutNulls } from './input-schema.ts';
import { clusterSpecSchema } from './schema.ts';
import type { ClusterSpecInput, NodeSpecInput } from './types.ts';
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

/**
 * What is wrong whatever the host and the record say, before anybody is asked for them. A host without a name has its
 * own. Throws as resolveSpec does, with every finding.
 */
export function refuseWrong(
  { name, ...spec }: Omit<ClusterSpecInput, 'hosts'>,
  hosts: readonly Partial<NodeSpecInput>[],
  written?: Written,
): void {
  const unnamed = ([top, index, field]: Path) =>
    top === 'hosts' && field === 'name' && hosts[index as number]?.name === undefined;
  const findings = [
    ...(name === undefined ? [] : checkName(name)),
    ...checkInput({ ...spec, hosts }, undefined).findings.filter(({ path }) => !unnamed(path)),
  ];
  if (findings.length > 0) throw invalidSpec(findings, written);
}

/** Without the values of which something has been said. */
function soundPart(value: unknown, findings: readonly Finding[]): ClusterSpecInput {
  return (findings.reduce((sound, { path }) => without(sound, path), value) ?? {}) as ClusterSpecInput;
}

/** A list goes whole where one of its items does: the others would have other places. */
function without(value: unknown, [first, ...rest]: Path): unknown {
  if (first === undefined || typeof value !== 'object' || value === null) return undefined;
  const map = value as Record<string | number, unknown>;
  const inner = Object.hasOwn(map, first) ? without(map[first], rest) : undefined;
  if (Array.isArray(value)) return inner === undefined ? undefined : value.with(Number(first), inner);
  const others = Object.entries(map).filter(([key]) => key !== first);
  return Object.fromEntries(inner === undefined ? others : [...others, [first, inner]]);
}
