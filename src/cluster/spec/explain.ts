import type { z } from 'zod';
import type { Finding, Path } from './findings.ts';
import { valueAt } from './findings.ts';
import { choiceHint, typeHint, unknownFieldHint } from './hints.ts';

type Issue = z.core.$ZodIssue;

/** What was read, and how it was written. */
export interface Given {
  value: unknown;
  schema: z.ZodType;
  /** The text of an unquoted scalar. */
  plain?: ((path: Path) => string | undefined) | undefined;
  /** What a field that there is not may have been meant to be. */
  unknownHint?: typeof unknownFieldHint;
}

/** The schema's findings in words for the one who wrote it. No values of text are repeated: one may be a secret. */
export function explain(issues: readonly Issue[], given: Given): Finding[] {
  return issues.flatMap((issue) => explainOne(issue, issue.path as Path, given));
}

function explainOne(issue: Issue, path: Path, given: Given): Finding[] {
  const value = valueAt(given.value, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: 'there is no such field',
        hint: (given.unknownHint ?? unknownFieldHint)(given.schema, path, key),
        key: true,
      }));
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, message: inner.message, hint: hintOf(inner), key: true }));
    case 'invalid_type':
      return [wrongType(issue.expected, value, path, given)];
    case 'invalid_value':
      return [wrongChoice(issue.values, value, path, given)];
    case 'invalid_union':
      return wrongBranch(issue, value, path, given);
    default:
      return [{ path, message: issue.message, hint: hintOf(issue) ?? misread(value, given.plain?.(path)) }];
  }
}

/** Given by the field's own test. */
function hintOf(issue: Issue): string | undefined {
  return 'params' in issue ? (issue.params?.hint as string | undefined) : undefined;
}

/** `0644` is 420. */
function misread(value: unknown, plain: string | undefined): string | undefined {
  if (typeof value !== 'number' || plain === undefined || plain === String(value)) return undefined;
  return `YAML reads ${plain} as ${value}`;
}

const KINDS: Record<string, string> = {
  string: 'text',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a map',
  record: 'a map',
  array: 'a list',
};

function wrongType(expected: string, value: unknown, path: Path, given: Given): Finding {
  if (value === undefined) return missing(path, given);
  if (Number.isFinite(value) && expected === 'int') return { path, message: 'must be a whole number' };
  const what = KINDS[expected] ?? expected;
  return {
    path,
    message: `must be ${what}, not ${kindOf(value, given.plain?.(path))}`,
    ...typeHint(expected, value, path, given),
  };
}

function missing(path: Path, given: Given): Finding {
  if (given.plain?.(path) === undefined) return { path, message: 'is missing' };
  return { path, message: 'is empty', hint: 'a "#" begins a comment, unless it stands in quotes' };
}

function wrongChoice(values: readonly unknown[], value: unknown, path: Path, given: Given): Finding {
  if (value === undefined) return missing(path, given);
  const choices = values.map((each) => JSON.stringify(each)).join(', ');
  const not = typeof value === 'string' ? '' : `, not ${kindOf(value, given.plain?.(path))}`;
  return {
    path,
    message: `must be ${values.length > 1 ? 'one of ' : ''}${choices}${not}`,
    ...choiceHint(values, value),
  };
}

/** The branch that was meant is the one in which something deeper is wrong; else the union's own words. */
function wrongBranch(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  value: unknown,
  path: Path,
  given: Given,
): Finding[] {
  const meant = issue.errors.find(
    (branch) => branch.length > 0 && branch.every((inner) => inner.path.length > 0),
  );
  if (meant) return meant.flatMap((inner) => explainOne(inner, [...path, ...(inner.path as Path)], given));
  const not = typeof value === 'string' ? '' : `, not ${kindOf(value, given.plain?.(path))}`;
  return [{ path, message: `${issue.message}${not}`, ...typeHint('string', value, path, given) }];
}

function kindOf(value: unknown, plain: string | undefined): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'text';
  if (typeof value !== 'boolean') return 'a number';
  return plain === undefined || plain === String(value) ? String(value) : `${value}, as YAML reads ${plain}`;
}
