import { goType } from '../go-text.ts';
import { isMap, type Json, sortedKeys } from '../json.ts';
import { compare } from './compare.ts';
import { JsonPathError, type Part, type Step } from './syntax.ts';

export interface EvaluateOptions {
  /** Whether a field that is not there is an error; kubectl's default is that it is not. */
  strict?: boolean;
}

/** One list of values for each text and each `{…}`, in the order of the template; ranges repeat theirs. */
export function evaluate(template: Part[], data: Json, options: EvaluateOptions = {}): Json[][] {
  return template.flatMap((part) => {
    if (part.kind === 'text') return [[part.text]];
    const values = walk([data], part.steps, options);
    if (part.kind === 'action') return [values];
    return values.flatMap((value) => evaluate(part.body, value, options));
  });
}

function walk(values: Json[], steps: Step[], options: EvaluateOptions): Json[] {
  return steps.reduce((now, step) => advance(now, step, options), values);
}

function advance(values: Json[], step: Step, options: EvaluateOptions): Json[] {
  switch (step.kind) {
    case 'literal':
      return typeof step.value === 'string' ? [step.value] : values.map(() => step.value);
    case 'field':
      return fields(values, step.name, options);
    case 'wildcard':
      return values.flatMap(children);
    case 'recursive':
      return values.flatMap(descend);
    case 'slice':
      return values.flatMap((value) => slice(value, step));
    case 'union':
      return step.paths.flatMap((path) => walk(values, path, options));
    case 'filter':
      return values.flatMap((value) => filter(value, step, options));
  }
}

function fields(values: Json[], name: string, options: EvaluateOptions): Json[] {
  const found = values.flatMap((value) => (isMap(value) && Object.hasOwn(value, name) ? [value[name]] : []));
  if (found.length === 0 && values.length > 0 && options.strict)
    throw new JsonPathError(`${name} is not found`);
  return found;
}

/** Maps in the order of their keys; kubectl's order is random there. */
function children(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return isMap(value) ? sortedKeys(value).map((key) => value[key]) : [];
}

/** Whatever holds something, from the outside in. */
function descend(value: Json): Json[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  const inner = children(value);
  return inner.length === 0 ? [] : [value, ...inner.flatMap(descend)];
}

function slice(value: Json, step: Step & { kind: 'slice' }): Json[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${goType(value)} is not array or slice`);
  const { length } = value;
  const fromEnd = (index: number) => (index < 0 ? index + length : index);
  const from = fromEnd(step.from ?? 0);
  const to = step.single ? from + 1 : fromEnd(step.to ?? length);
  if (from === to) return [];
  if (from >= length || from < 0) throw outOfBounds(from, length);
  if (to > length || to < 0) throw outOfBounds(to - 1, length);
  if (from > to) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`);
  if (step.step !== undefined && step.step <= 0) throw new JsonPathError('step must be > 0');
  return value.slice(from, to).filter((_, index) => index % (step.step ?? 1) === 0);
}

function outOfBounds(index: number, length: number): JsonPathError {
  return new JsonPathError(`array index out of bounds: index ${index}, length ${length}`);
}

function filter(value: Json, step: Step & { kind: 'filter' }, options: EvaluateOptions): Json[] {
  if (!Array.isArray(value))
    throw new JsonPathError(`${goType(value)} is not array or slice and cannot be filtered`);
  return value.filter((item) => {
    const left = walk([item], step.left, {});
    if (step.operator === undefined || left.length === 0) return left.length > 0;
    const right = walk([item], step.right, options);
    if (right.length === 0) return false;
    if (left.length > 1 || right.length > 1)
      throw new JsonPathError('can only compare one element at a time');
    return compare(left[0], step.operator, right[0]);
  });
}
