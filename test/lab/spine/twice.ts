import { expect, it } from 'vitest';
import { initPhases } from '../../../src/cluster/init.ts';
import { joinPhases } from '../../../src/cluster/join.ts';
import { initAgain, joinAgain, on, type Spine } from './spine.ts';

const JOURNAL = '/var/lib/kubewright/journal';
const ASIDE = '/run/journal-of-the-test';

/** Claims other files, other values, and that half of the work was never done. */
const LIES = `cp ${JOURNAL} ${ASIDE}
grep -v '/etc/kubernetes' ${ASIDE} | sed -e 's#/usr/local/bin/kubelet#/usr/local/bin/nothing#' -e '/^done/d' > ${JOURNAL}
printf 'begin\\tx\\tcerts/pki/1\\twrite\\t/etc/passwd\\tabsent\\t\\ndone\\tx\\tcerts/pki/1\\t0\\n' >> ${JOURNAL}
printf 'torn line' >> ${JOURNAL}`;

export function changesNothingAgain(spine: Spine): void {
  const nothingChanges = async (): Promise<void> => {
    expect(await initAgain(spine)).toMatchObject({ changed: 0 });
    expect(await joinAgain(spine)).toMatchObject({ hosts: [{ host: 'w1', changed: 0 }] });
  };
  const withJournals = async (change: string): Promise<void> => {
    for (const host of ['cp1', 'w1']) await on(spine, host, change);
    try {
      await nothingChanges();
    } finally {
      // What reset takes back is what it says: the true one again.
      for (const host of ['cp1', 'w1']) await on(spine, host, `mv ${ASIDE} ${JOURNAL}`);
    }
  };

  it('init and join again change 0 on each host', nothingChanges);

  it.each([
    ...initPhases.map(({ name }) => ['init', name, 'cp1'] as const),
    ...joinPhases.map(({ name }) => ['join', name, 'w1'] as const),
  ])('phase %s %s of %s runs alone, and changes 0', async (workflow, phase, host) => {
    const done = await spine.cli.json(['phase', workflow, phase, host]);
    expect(done).toMatchObject({ phase, node: host, changed: 0 });
  });

  it('a dry run plans nothing any more', async () => {
    const plan = await spine.cli.ok(['init', 'cp1', '--dry-run']);
    expect(plan).not.toMatch(/write |mend |apply |import image/);
  });

  it('they change 0 with the journal deleted', () => withJournals(`mv ${JOURNAL} ${ASIDE}`));

  it('they change 0 with a journal that lies', () => withJournals(LIES));
}
