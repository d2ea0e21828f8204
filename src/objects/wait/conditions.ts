import type { KubeObject } from '../../kube/port.ts';
import { goText } from '../../output/printers/go-text.ts';
import { JsonPath, JsonPathError, relaxedPath } from '../../output/printers/jsonpath.ts';
import { usageFault } from '../failures.ts';

/** One `--for`. */
export type Condition =
  | { kind: 'create' }
  | { kind: 'delete' }
  | { kind: 'state'; isMet(object: KubeObject): boolean };

/** `create`, `delete`, `condition=NAME[=VALUE]`, `jsonpath={PATH}[=VALUE]`. Throws with kubectl's words. */
export function parseCondition(text: string): Condition {
  const word = text.toLowerCase();
  if (word === 'create') return { kind: 'create' };
  if (word === 'delete') return { kind: 'delete' };
  if (text.startsWith('condition=')) return ofCondition(text.slice('condition='.length));
  if (text.startsWith('jsonpath=')) return ofJsonPath(text.slice('jsonpath='.length));
  throw usageFault(
    `unrecognized condition: "${text}"`,
    `write --for=create, --for=delete, --for=condition=Ready or --for=jsonpath='{.status.phase}'=Running`,
  );
}

interface StatusCondition {
  type?: unknown;
  status?: unknown;
  observedGeneration?: number;
}

function ofCondition(text: string): Condition {
  const equals = text.indexOf('=');
  const [name, value] = equals < 0 ? [text, 'true'] : [text.slice(0, equals), text.slice(equals + 1)];
  return { kind: 'state', isMet: (object) => hasCondition(object, name, value) };
}

/** What the controller said of an older generation does not count. */
export function hasCondition(object: KubeObject, name: string, value = 'true'): boolean {
  const status = (object.status ?? {}) as { conditions?: StatusCondition[]; observedGeneration?: number };
  const found = status.conditions?.find((c) => sameWord(c.type, name) && typeof c.status === 'string');
  if (!found) return false;
  const observed = found.observedGeneration ?? status.observedGeneration;
  const generation = object.metadata.generation as number | undefined;
  if (generation !== undefined && observed !== undefined && observed < generation) return false;
  return sameWord(found.status, value);
}

const sameWord = (a: unknown, b: string): boolean =>
  typeof a === 'string' && a.toLowerCase() === b.toLowerCase();

function ofJsonPath(text: string): Condition {
  const parts = splitAtEquals(text);
  if (parts.length > 2)
    throw usageFault(
      `jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'`,
    );
  const path = compiled(parts[0]!);
  const wanted = parts[1]?.replace(/^['"]+|['"]+$/g, '');
  if (wanted === '')
    throw usageFault(
      `jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3`,
    );
  return { kind: 'state', isMet: (object) => matches(path, object, wanted) };
}

/** At single `=`: `==` belongs to a filter. */
function splitAtEquals(text: string): string[] {
  return text
    .replaceAll('==', '\0')
    .split('=')
    .map((part) => part.replaceAll('\0', '=='));
}

function compiled(text: string): JsonPath {
  try {
    if (text === '') throw new JsonPathError('jsonpath expression cannot be empty');
    return new JsonPath(relaxedPath(text));
  } catch (error) {
    if (error instanceof JsonPathError) throw usageFault(error.message);
    throw error;
  }
}

function matches(path: JsonPath, object: KubeObject, wanted: string | undefined): boolean {
  const lists = find(path, object);
  const [values = []] = lists;
  if (values.length === 0) return false;
  if (lists.length > 1) throw usageFault('given jsonpath expression matches more than one list');
  if (values.length > 1) throw usageFault('given jsonpath expression matches more than one value');
  if (wanted === undefined) return true;
  const [value] = values;
  if (typeof value === 'object' && value !== null)
    throw usageFault('jsonpath leads to a nested object or list which is not supported');
  return goText(value).trim() === wanted.trim();
}

function find(path: JsonPath, object: KubeObject): unknown[][] {
  try {
    return path.find(object);
  } catch (error) {
    if (error instanceof JsonPathError) throw usageFault(error.message);
    throw error;
  }
}
