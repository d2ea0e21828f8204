import { describe, expect, it } from 'vitest';
import { announceApply } from '../../../../src/cluster/steps/object-changes.ts';
import { projection } from '../../../../src/cluster/steps/subset.ts';

const metadata = { name: 'web', namespace: 'shop' };

describe('what a plan tells of an object', () => {
  it('is the fields that are ours, as they are and as they will be', () => {
    const wanted = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'new', b: 'same' } };
    const live = {
      ...wanted,
      metadata: { ...metadata, uid: '1', resourceVersion: '7' },
      data: { a: 'old', b: 'same', others: 'stay' },
    };
    const change = announceApply(wanted, live);
    expect(change).toMatchObject({ kind: 'object', action: 'update', target: 'ConfigMap shop/web' });
    expect(change.diff).toContain('-  a: old\n+  a: new\n   b: same\n');
    expect(change.diff).not.toMatch(/others|uid|resourceVersion/);
    // What others set makes no other plan of it.
    const later = { ...live, metadata: { ...live.metadata, resourceVersion: '8' } };
    expect(announceApply(wanted, later)).toEqual(change);
    expect(announceApply(wanted, { ...live, data: { ...live.data, a: 'older' } }).before).not.toBe(
      change.before,
    );
  });

  it('is all of one that is not there, and of a Secret nothing but its name', () => {
    const wanted = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'new' } };
    expect(announceApply(wanted, undefined)).toMatchObject({
      action: 'create',
      diff: expect.stringContaining('+  a: new'),
    });
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password: 'hunter2' } };
    expect(JSON.stringify(announceApply(secret, undefined))).not.toContain('hunter2');
  });
});

describe('the projection of a live object', () => {
  it.each([
    ['fields', { a: 1 }, { a: 2, b: 3 }, { a: 2 }],
    ['what is missing', { a: 1, b: 1 }, { a: 2 }, { a: 2 }],
    [
      'named items, in our order',
      [
        { name: 'x', v: 1 },
        { name: 'y', v: 1 },
      ],
      [
        { name: 'y', v: 2, w: 3 },
        { name: 'x', v: 3 },
      ],
      [
        { name: 'x', v: 3 },
        { name: 'y', v: 2 },
      ],
    ],
    [
      'a list of another length, with all that it has',
      [{ name: 'x', v: 1 }],
      [
        { name: 'x', v: 1, w: 2 },
        { name: 'z', v: 9 },
      ],
      [
        { name: 'x', v: 1 },
        { name: 'z', v: 9 },
      ],
    ],
    ['something empty that the server leaves out', { annotations: {} }, {}, { annotations: {} }],
    ['another type', { a: 1 }, 'text', 'text'],
  ])('has %s', (_, wanted, live, shown) => {
    expect(projection(wanted, live)).toEqual(shown);
  });
});
