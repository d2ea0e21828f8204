import { expect, it } from 'vitest';
import { quote } from '../../../src/base/quote.ts';
import { CONTRACT_UNIT, STUB_CONTRACT } from '../../sim/support/stub-contract.ts';
import { shell } from '../support/lab.ts';
import { on, type Spine } from './spine.ts';

const UNIT = `/etc/systemd/system/${CONTRACT_UNIT.name}`;

export function fulfilsStubContract(spine: Spine): void {
  it('real commands fulfil the contract that the stubs of the sim tier are held to', async () => {
    const host = await spine.lab.host('cp1');
    await on(spine, 'cp1', `cat > ${UNIT} <<'END'\n${CONTRACT_UNIT.text}END`);
    try {
      for (const claim of STUB_CONTRACT) {
        const { exit, stdout, stderr } = await shell(host, quote(claim.argv));
        expect({ name: claim.name, exit, stderr }).toMatchObject({ name: claim.name, exit: claim.exit });
        if (claim.stdout) expect(stdout, claim.name).toMatch(claim.stdout);
        if (claim.stderr) expect(stderr, claim.name).toMatch(claim.stderr);
      }
    } finally {
      const end = `systemctl disable --now ${CONTRACT_UNIT.name}; rm -f ${UNIT}; systemctl daemon-reload`;
      await shell(host, end);
    }
  });
}
