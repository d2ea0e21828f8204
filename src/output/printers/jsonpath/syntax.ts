/** One step from values to values, inside `{…}`. */
export type Step =
  | { kind: 'field'; name: string }
  | { kind: 'wildcard' }
  | { kind: 'recursive' }
  /** `[from:to:step]`; `single` is `[from]`. */
  | { kind: 'slice'; from?: number; to?: number; step?: number; single: boolean }
  | { kind: 'filter'; left: Step[]; operator?: string; right: Step[] }
  | { kind: 'union'; paths: Step[][] }
  /** A quoted text, a number or a truth value. */
  | { kind: 'literal'; value: string | number | boolean };

export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'action'; steps: Step[] }
  | { kind: 'range'; steps: Step[]; body: Part[] };

/** What is wrong with the expression, or with what it is asked of. The text is kubectl's. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}
