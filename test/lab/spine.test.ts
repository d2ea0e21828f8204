import { workTogether } from './spine/applications.ts';
import { findsAndMendsDrift } from './spine/drift.ts';
import { survivesKills } from './spine/kills.ts';
import { comeUp } from './spine/nodes.ts';
import { refusesBadInput, refusesOthers } from './spine/refusals.ts';
import { fulfilsStubContract } from './spine/stub-contract.ts';
import { remembersTheHosts, takesAllBack } from './spine/take-back.ts';
import { changesNothingAgain } from './spine/twice.ts';
import { useCli } from './support/cli.ts';
import { describeLab, useLab } from './support/lab.ts';

// One lab for all of it, in the order in which a cluster lives: each part stands on the one before.
describeLab('two bare hosts', () => {
  const lab = useLab('test-spine', ['cp1', 'w1']);
  const cli = useCli(lab.name);
  const spine = { lab, cli, before: new Map<string, string[]>() };

  remembersTheHosts(spine);
  refusesBadInput(spine);
  survivesKills(spine);
  comeUp(spine);
  workTogether(spine);
  changesNothingAgain(spine);
  findsAndMendsDrift(spine);
  refusesOthers(spine);
  fulfilsStubContract(spine);
  takesAllBack(spine);
});
