import { goText } from '../../output/printers/go-text.ts';
import { compareBytes, type Json } from '../../output/printers/json.ts';
import { JsonPath, JsonPathError, relaxedPath } from '../../output/printers/jsonpath.ts';
import { usageFault } from '../failures.ts';
import { quantity } from './quantity.ts';

/** `--sort-by`: by the first value of a path, those without it first; numbers and quantities by what they mean. */
export function sortBy<T>(items: readonly T[], field: string, objectOf: (item: T) => Json): T[] {
  if (items.length < 2) return [...items];
  const text = relaxed(field);
  const path = parsed(text);
  const keyed = items.map((item) => ({ item, value: path.find(objectOf(item))[0]?.[0] }));
  if (keyed.every(({ value }) => value === undefined))
    throw usageFault(`couldn't find any field with path "${text}" in the list of objects`);
  return keyed.sort((a, b) => compare(a.value, b.value)).map(({ item }) => item);
}

function relaxed(field: string): string {
  try {
    return relaxedPath(field);
  } catch {
    return field;
  }
}

function parsed(text: string): JsonPath {
  try {
    return new JsonPath(text);
  } catch (error) {
    if (error instanceof JsonPathError) throw usageFault(error.message);
    throw error;
  }
}

function compare(left: Json, right: Json): number {
  if (left === undefined || right === undefined)
    return Number(left !== undefined) - Number(right !== undefined);
  if (typeof left === 'string' && typeof right === 'string') {
    const [a, b] = [quantity(left), quantity(right)];
    return a !== undefined && b !== undefined ? a - b : compareBytes(left, right);
  }
  const numeric = (value: Json) => typeof value === 'number' || typeof value === 'bigint';
  if (numeric(left) && numeric(right)) return Number(left) - Number(right);
  return compareBytes(goText(left), goText(right));
}
