import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withLabBlock } from '../../../src/lab/hosts-file.ts';

const a = [{ name: 'cp1', address: '10.77.0.11' }];
const ab = [...a, { name: 'w1', address: '10.77.0.12' }];

describe('the /etc/hosts of a lab host', () => {
  it('knows the loopback and every host', () => {
    expect(withLabBlock('', ab)).toMatch(/^127\.0\.0\.1\tlocalhost\n/);
    expect(withLabBlock('', ab)).toContain('10.77.0.11\tcp1\n10.77.0.12\tw1\n');
  });

  it('keeps every other line, before and after the block, when hosts are added', () => {
    const lines = fc
      .array(fc.stringMatching(/^[a-z0-9. ]{0,20}$/), { maxLength: 6 })
      .map((all) => all.join('\n'));
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const first = withLabBlock(`127.0.0.1 localhost\n${before}`, a);
        const grown = withLabBlock(first + after, ab);
        expect(grown).toBe(withLabBlock(`127.0.0.1 localhost\n${before}`, ab) + after);
        expect(withLabBlock(grown, ab)).toBe(grown);
      }),
    );
  });
});
