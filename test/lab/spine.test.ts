import { beforeEach, describe } from 'vitest';
import { workTogether } from './spine/applications.ts';
import { findsAndMendsDrift } from './spine/drift.ts';
import { survivesKills } from './spine/kills.ts';
import { comeUp } from './spine/nodes.ts';
import { refusesBadInput, refusesOthers } from './spine/refusals.ts';
import type { Spine } from './spine/spine.ts';
import { fulfilsStubContract } from './spine/stub-contract.ts';
import { remembersTheHosts, takesAllBack } from './spine/take-back.ts';
import { changesNothingAgain } from './spine/twice.ts';
import { useCli } from './support/cli.ts';
import { describeLab, useLab } from './support/lab.ts';

// One lab for all of it, in the order in which a cluster lives: each part stands on the one before.
describeLab('two hosts', () => {
  const lab = useLab('test-spine', ['cp1', 'w1']);
  const cli = useCli(lab.name);
  const spine: Spine = { lab, cli, before: new Map(), up: false };

  describe('that are bare', () => {
    remembersTheHosts(spine);
    refusesBadInput(spine);
    survivesKills(spine);
  });
  describe('that become a cluster', () => comeUp(spine));
  describe('that are a cluster', () => {
    // Everything below would only fail slowly.
    beforeEach(() => {
      if (!spine.up) throw new Error('init and join did not bring the cluster up: see above');
    });
    workTogether(spine);
    changesNothingAgain(spine);
    findsAndMendsDrift(spine);
    refusesOthers(spine);
    fulfilsStubContract(spine);
  });
  describe('that are given back', () => takesAllBack(spine));
});
