import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseAddress,
  chooseSubnet,
  formatNetwork,
  gatewayAddress,
  hexAddress,
  type Network,
  overlaps,
  parseNetwork,
} from '../../../src/lab/subnet.ts';

const network = (shortest: number, longest: number): fc.Arbitrary<Network> =>
  fc
    .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: shortest, max: longest }))
    .map(([number, prefix]) => ({ base: number - (number % 2 ** (32 - prefix)), prefix }));
const last = ({ base, prefix }: Network): number => base + 2 ** (32 - prefix) - 1;

describe('networks', () => {
  it('are read as they are written', () => {
    fc.assert(
      fc.property(network(0, 32), (given) => {
        expect(parseNetwork(formatNetwork(given))).toEqual(given);
      }),
    );
  });

  it('lose their host part, and an address alone is a network of one', () => {
    expect(parseNetwork('10.77.3.9/24')).toEqual(parseNetwork('10.77.3.0/24'));
    expect(parseNetwork('10.0.0.1')).toEqual({ base: 0x0a000001, prefix: 32 });
  });

  it.each(['', 'default', '10.0.0.0/33', '10.0.0/8', 'fd00::/8', '010.0.0.1', '1.2.3.4.5', '10.0.0.0/-1'])(
    'are not read from %j',
    (text) => {
      expect(parseNetwork(text)).toBeUndefined();
    },
  );

  it('overlap exactly where they share an address', () => {
    const near = network(8, 32).chain((a) =>
      fc.tuple(
        fc.constant(a),
        fc.oneof(
          network(0, 32),
          network(0, 32).map(({ prefix }) => within(a, prefix)),
        ),
      ),
    );
    fc.assert(
      fc.property(near, ([a, b]) => {
        expect(overlaps(a, b)).toBe(a.base <= last(b) && b.base <= last(a));
        expect(overlaps(b, a)).toBe(overlaps(a, b));
      }),
    );
  });
});

describe('the network of a new lab', () => {
  const range = parseNetwork('10.77.0.0/16') as Network;
  const taken = fc.array(
    fc.oneof(
      network(0, 32).filter((each) => !overlaps(each, range)),
      fc
        .integer({ min: 0, max: 65535 })
        .chain((offset) =>
          fc
            .integer({ min: 18, max: 32 })
            .map((prefix) => within({ base: range.base + offset, prefix: 32 }, prefix)),
        ),
    ),
    { maxLength: 40 },
  );

  it('lies in the range, overlaps nothing that is taken, and is the first such', () => {
    fc.assert(
      fc.property(taken, (used) => {
        const free = Array.from({ length: 256 }, (_, index) => ({
          base: range.base + index * 256,
          prefix: 24,
        })).filter(
          (candidate) => !used.some((each) => each.base <= last(candidate) && candidate.base <= last(each)),
        );
        expect(chooseSubnet(range, used)).toEqual(free[0]);
      }),
    );
  });

  it('is none where everything is taken', () => {
    expect(chooseSubnet(range, [parseNetwork('10.0.0.0/8') as Network])).toBeUndefined();
    expect(chooseSubnet(parseNetwork('10.77.0.0/25') as Network, [])).toBeUndefined();
  });

  it('gives the first address to this machine and never gives one twice', () => {
    fc.assert(
      fc.property(network(16, 29), (given) => {
        const handed = [gatewayAddress(given)];
        for (let count = 0; count < 300; count++) {
          const next = chooseAddress(given, handed.slice(1));
          if (next === undefined) break;
          handed.push(next);
        }
        expect(new Set(handed).size).toBe(handed.length);
        for (const address of handed) {
          const number = (parseNetwork(address) as Network).base;
          expect(number).toBeGreaterThan(given.base);
          expect(number).toBeLessThan(last(given));
        }
        expect(handed.length).toBeGreaterThan(given.prefix === 29 ? 5 : 3);
      }),
      { numRuns: 30 },
    );
  });

  it('names interfaces that fit the kernel (15 characters)', () => {
    expect(hexAddress('10.77.0.11')).toBe('0a4d000b');
    expect(`vb-kwl-${hexAddress('255.255.255.254')}`).toHaveLength(15);
  });
});

function within(a: Network, prefix: number): Network {
  return { base: a.base - (a.base % 2 ** (32 - prefix)), prefix };
}
