import { expect, it } from 'vitest';
import { EXIT } from '../../src/base/exit-codes.ts';
import { Fleet } from './many/fleet.ts';
import { describeSim } from './support/tier.ts';

const HOSTS = 12;
const [LOCKED, FULL, SILENT] = [3, 6, 9];
const BIN = '/usr/local/bin';

/** `npm run many` does the same with a hundred. */
describeSim('many hosts, of which some fail', () => {
  it('B59: 3 of 12 fail, each is named with its reason, 9 are done; the next run touches the 3 only', async () => {
    await using fleet = await Fleet.start(HOSTS, 300_000, [LOCKED]);
    const { sshds, proxies } = fleet.site;
    fleet.site.narrow(sshds[FULL - 1]!, BIN, 200);
    // In the middle of the artifacts.
    proxies[SILENT - 1]!.faults.truncateAfter = 500_000;

    const first = await fleet.run('join');
    expect(first.failures).toEqual({
      h3: { code: 'AuthenticationFailed', message: expect.stringContaining('root') },
      h6: {
        code: 'DiskFull',
        message: expect.stringMatching(/no space left on h6 for .*\/usr\/local\/bin\//),
      },
      h9: { code: expect.any(String), message: expect.stringContaining('h9') },
    });
    expect(first.error).toEqual({
      exit: EXIT.partial,
      message: expect.stringMatching(/^9 of 12 hosts joined; not: (h[369](, )?){3}\.$/),
    });
    expect(Object.keys(first.changed)).toHaveLength(HOSTS - 3);
    expect(first.peakMegabytes).toBeLessThan(300);

    fleet.admit(LOCKED);
    fleet.site.widen(sshds[FULL - 1]!, BIN);
    proxies[SILENT - 1]!.faults.truncateAfter = Number.POSITIVE_INFINITY;
    const second = await fleet.run('join');
    expect(second.failures).toEqual({});
    const touched = Object.entries(second.changed).filter(([, changed]) => changed > 0);
    expect(touched.map(([name]) => name).sort()).toEqual(['h3', 'h6', 'h9']);
    const third = await fleet.run('plan');
    expect(Object.values(third.changed)).toEqual(Array.from({ length: HOSTS }, () => 0));
  }, 240_000);
});
