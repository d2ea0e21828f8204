import { expect, it } from 'vitest';
import { advertiseAddress } from '../../../src/cluster/node-facts.ts';
import type { Facts } from '../../../src/host/port.ts';
import { fakeFacts } from '../../fakes/fake-facts.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { expectErrorLine, thrownBy } from '../../golden/error-lines.ts';

const at = (name: string, address: string) => ({ interface: name, address, prefix: 24 });
const two = [at('eth0', '198.51.100.7'), at('eth1', '203.0.113.7')];
/** Of a host that is reached at 192.0.2.10. */
const chosen = (addresses: Facts['addresses'], defaultRoute?: Facts['defaultRoute']) => {
  const { defaultRoute: _, ...facts } = fakeFacts({ addresses });
  return advertiseAddress(new FakeHost('w1'), { ...facts, ...(defaultRoute ? { defaultRoute } : {}) });
};

it('B30: of many networks the one that it is reached by, or the one that its default route goes through', () => {
  expect(chosen([...two, at('eth2', '192.0.2.10')])).toBe('192.0.2.10');
  const source = { interface: 'eth1', gateway: '203.0.113.1', source: '203.0.113.7' };
  expect(chosen(two, source)).toBe('203.0.113.7');
});

// The first one was taken, whichever that was.
it('B30: without a default route, and reached by none of them, it is not guessed', async () => {
  await expectErrorLine('B30', await thrownBy(() => chosen(two)));
});

it('B30: one network is no choice, whatever pods have beside it; none is told', () => {
  const one = [at('eth0', '198.51.100.7'), at('eth0', '2001:db8::7'), at('cni0', '10.244.0.1')];
  expect(chosen(one)).toBe('198.51.100.7');
  expect(() => chosen([])).toThrow(expect.objectContaining({ code: 'NoAddress', exit: 11 }));
});
