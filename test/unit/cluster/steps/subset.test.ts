import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSubset } from '../../../../src/cluster/steps/subset.ts';

describe('whether a live object holds what is wanted', () => {
  it('holds for any JSON value and itself', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => isSubset(value, structuredClone(value))));
  });

  it('still holds when the server adds fields to any object', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(object, fc.jsonValue(), (wanted, more) => {
        const live = { ...structuredClone(wanted), 'added by the server': more };
        return isSubset(wanted, live);
      }),
    );
  });

  it('does not hold when any one leaf differs', () => {
    const leaves = fc.dictionary(fc.string({ minLength: 1 }), fc.integer(), { minKeys: 1 });
    fc.assert(
      fc.property(leaves, (wanted) => {
        const [key] = Object.keys(wanted);
        return !isSubset({ spec: wanted }, { spec: { ...wanted, [key!]: wanted[key!]! + 1 } });
      }),
    );
  });

  it.each([
    ['a list that grew', { a: [1] }, { a: [1, 2] }, false],
    [
      'named items in another order',
      { a: [{ name: 'x' }, { name: 'y' }] },
      { a: [{ name: 'y' }, { name: 'x' }] },
      true,
    ],
    ['an empty map that the server leaves out', { a: {} }, {}, true],
    ['a map that is not there', { a: { b: 1 } }, {}, false],
    ['a number for text', { a: '1' }, { a: 1 }, false],
  ])('%s', (_, wanted, live, expected) => {
    expect(isSubset(wanted, live)).toBe(expected);
  });
});
