import { KubewrightError } from '../base/errors.ts';
import { didYouMean } from './nearest.ts';
import { apiVersionOf, splitApiVersion } from './paths.ts';
import type { ApiClient, ResourceType } from './port.ts';

/** What a user types for a type (`deploy`, `deployments.apps`, `Deployment`, `deployments.v1.apps`), or what an object says of itself. */
export type TypeQuery = string | { apiVersion: string; kind: string };

/** The type meant, or undefined. Of several the one that the server prefers. */
export function matchType(types: readonly ResourceType[], query: TypeQuery): ResourceType | undefined {
  if (typeof query !== 'string') {
    const { group, version } = splitApiVersion(query.apiVersion);
    return types.find((t) => t.group === group && t.version === version && t.kind === query.kind);
  }
  const ordered = types.toSorted((a, b) => a.preference - b.preference);
  const [name = '', ...rest] = query.toLowerCase().split('.');
  return byName(ordered, name, rest.join('.'), '') ?? byName(ordered, name, rest.slice(1).join('.'), rest[0]);
}

/** Plural, singular and kind win over a short name of another type, as in kubectl. */
function byName(
  types: readonly ResourceType[],
  name: string,
  group: string,
  version: string | undefined,
): ResourceType | undefined {
  if (version === undefined) return undefined;
  const unqualified = group === '' && version === '';
  const fits = types.filter(
    (t) =>
      (unqualified ||
        t.group === group ||
        (group !== '' && version === '' && t.group.startsWith(`${group}.`))) &&
      (version === '' || t.version === version),
  );
  return (
    fits.find((t) => t.resource === name) ??
    fits.find((t) => t.singular.toLowerCase() === name || t.kind.toLowerCase() === name) ??
    fits.find((t) => t.shortNames.includes(name))
  );
}

/** As matchType, with an error that suggests what was meant (`UnknownType`, exit 1). */
export function findType(types: readonly ResourceType[], query: TypeQuery): ResourceType {
  const found = matchType(types, query);
  if (found) return found;
  throw new KubewrightError({
    code: 'UnknownType',
    message:
      typeof query === 'string'
        ? `the API server has no type "${query}"`
        : `the API server has no type ${query.kind} in ${query.apiVersion}`,
    hint: suggestion(types, query) || 'kubewright api-resources lists the types',
    exit: 'failure',
  });
}

function suggestion(types: readonly ResourceType[], query: TypeQuery): string {
  if (typeof query === 'string')
    return didYouMean(
      query,
      new Set(types.flatMap((t) => [t.resource, t.singular, t.kind, ...t.shortNames])),
    );
  const elsewhere = types.filter((t) => t.kind === query.kind).map(apiVersionOf);
  if (elsewhere.length > 0) return `it has ${query.kind} in ${[...new Set(elsewhere)].join(', ')}`;
  const { group, version } = splitApiVersion(query.apiVersion);
  const beside = types.filter((t) => t.group === group && t.version === version);
  return didYouMean(query.kind, new Set(beside.map((t) => t.kind)));
}

/** findType, asking the server anew once where the cached discovery does not have it. */
export async function resolveType(client: ApiClient, query: TypeQuery): Promise<ResourceType> {
  return (
    matchType(await client.discovery(), query) ?? findType(await client.discovery({ fresh: true }), query)
  );
}
