import { type Fields, isFields } from '../merge.ts';
import { PatchFailure } from './failure.ts';

/** List field → key by which its items are told apart; without one a list is replaced whole. */
export type MergeKeys = Readonly<Record<string, string>>;

/** The lists with a patchMergeKey in Pods, and so in Deployments and DaemonSets (k8s.io/api/core/v1/types.go). */
export const POD_MERGE_KEYS: MergeKeys = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  volumes: 'name',
  env: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  schedulingGates: 'name',
  resourceClaims: 'name',
};

const DIRECTIVE = '$patch';
const RETAIN = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';

/** Kubernetes' strategic merge (apimachinery/pkg/util/strategicpatch). Neither argument is changed. */
export function strategicMerge(original: Fields, patch: Fields, keys: MergeKeys, path = ''): Fields {
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') return withoutDirectives(omit(patch, DIRECTIVE)) as Fields;
  if (directive === 'delete') return {};
  if (directive !== undefined) throw new PatchFailure(path, `$patch may not be ${JSON.stringify(directive)}`);
  const result = retained(original, patch, path);
  for (const [key, value] of Object.entries(patch)) {
    const at = path ? `${path}.${key}` : key;
    if (key === RETAIN) continue;
    if (key.startsWith(DELETE_FROM)) deleteFrom(result, key.slice(DELETE_FROM.length), value, at);
    else if (key.startsWith('$')) throw new PatchFailure(at, 'this directive is not known');
    else mergeField(result, key, value, keys, at);
  }
  return result;
}

function mergeField(result: Fields, key: string, value: unknown, keys: MergeKeys, path: string): void {
  const before = result[key];
  if (value === null) delete result[key];
  else if (isFields(value) && isFields(before)) result[key] = strategicMerge(before, value, keys, path);
  else if (Array.isArray(value) && Array.isArray(before) && keys[key]) {
    result[key] = mergeLists(before, value, keys[key], keys, path);
  } else if (isFields(value) && DIRECTIVE in value) delete result[key];
  else result[key] = withoutDirectives(value);
}

/** Named items merge into those of the same name, others come in front of what they are not ordered against. */
function mergeLists(
  before: unknown[],
  patch: unknown[],
  by: string,
  keys: MergeKeys,
  path: string,
): Fields[] {
  const items = patch.map((item, index) => named(item, by, `${path}[${index}]`));
  const original = before.map((item, index) => named(item, by, `${path}[${index}]`));
  const plain = items.filter((item) => item[DIRECTIVE] === undefined);
  if (items.some((item) => item[DIRECTIVE] === 'replace'))
    return plain.map((item) => withoutDirectives(item) as Fields);
  const gone = items.filter((item) => item[DIRECTIVE] === 'delete').map((item) => item[by]);
  const wrong = items.find((item) => ![undefined, 'delete'].includes(item[DIRECTIVE] as string));
  if (wrong) throw new PatchFailure(path, `$patch may not be ${JSON.stringify(wrong[DIRECTIVE])} in a list`);
  const kept = original.filter((item) => !gone.includes(item[by]));
  const merged = plain.map((item) => {
    const found = kept.find((other) => other[by] === item[by]);
    const at = `${path}[${by}=${String(item[by])}]`;
    return found ? strategicMerge(found, item, keys, at) : (withoutDirectives(item) as Fields);
  });
  return ordered(kept, merged, by);
}

/** As mergeSortedSlice there: an untouched item goes first only where the original has it before the patched one. */
function ordered(original: Fields[], patched: Fields[], by: string): Fields[] {
  const place = (item: Fields) => original.findIndex((other) => other[by] === item[by]);
  const untouched = original.filter((item) => !patched.some((other) => other[by] === item[by]));
  const result: Fields[] = [];
  for (const item of patched) {
    while (untouched[0] && place(item) >= 0 && place(untouched[0]) < place(item))
      result.push(untouched.shift()!);
    result.push(item);
  }
  return [...result, ...untouched];
}

function named(item: unknown, by: string, path: string): Fields {
  if (!isFields(item)) throw new PatchFailure(path, 'is not a map');
  if (item[by] === undefined && item[DIRECTIVE] !== 'replace') throw new PatchFailure(path, `has no ${by}`);
  return item;
}

function retained(original: Fields, patch: Fields, path: string): Fields {
  const keep = patch[RETAIN];
  if (keep === undefined) return { ...original };
  if (!Array.isArray(keep)) throw new PatchFailure(path, `${RETAIN} is not a list`);
  const lost = Object.keys(patch).find((key) => !key.startsWith('$') && !keep.includes(key));
  if (lost) throw new PatchFailure(path, `${lost} is set and is not among ${RETAIN}`);
  return Object.fromEntries(Object.entries(original).filter(([key]) => keep.includes(key)));
}

function deleteFrom(result: Fields, key: string, values: unknown, path: string): void {
  const before = result[key];
  if (!Array.isArray(values)) throw new PatchFailure(path, 'is not a list');
  if (Array.isArray(before)) result[key] = before.filter((value) => !values.includes(value));
}

/** What is new comes without directives, and without nulls. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value))
    return value.filter((item) => !(isFields(item) && DIRECTIVE in item)).map(withoutDirectives);
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(
    ([key, field]) => field !== null && !key.startsWith('$') && !(isFields(field) && DIRECTIVE in field),
  );
  return Object.fromEntries(kept.map(([key, field]) => [key, withoutDirectives(field)]));
}

function omit(value: Fields, key: string): Fields {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}
