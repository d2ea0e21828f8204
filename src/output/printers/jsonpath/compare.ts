import { compareBytes, type Json } from '../json.ts';
import { JsonPathError } from './syntax.ts';

/** Texts with texts, numbers with numbers, truth values by equality only. */
export function compare(left: Json, operator: string, right: Json): boolean {
  const [kind, other] = [kindOf(left), kindOf(right)];
  if (kind === undefined || other === undefined) throw new JsonPathError('invalid type for comparison');
  if (kind !== other) throw new JsonPathError('incompatible types for comparison');
  if (operator === '==') return order(left, right) === 0;
  if (operator === '!=') return order(left, right) !== 0;
  if (kind === 'boolean') throw new JsonPathError('invalid type for comparison');
  const sign = order(left, right);
  if (operator === '<') return sign < 0;
  if (operator === '<=') return sign <= 0;
  return operator === '>' ? sign > 0 : sign >= 0;
}

function kindOf(value: Json): 'string' | 'number' | 'boolean' | undefined {
  if (typeof value === 'bigint') return 'number';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return typeof value as 'string' | 'number' | 'boolean';
  return undefined;
}

function order(left: Json, right: Json): number {
  if (typeof left === 'string') return compareBytes(left, right as string);
  if (left === right) return 0;
  return (left as number) < (right as number) ? -1 : (left as number) > (right as number) ? 1 : 0;
}
