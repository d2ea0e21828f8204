import { expect, it } from 'vitest';
import { endpointFindings, endpointLook } from '../../../../src/cluster/preflight/endpoint.ts';
import type { EndpointSpec } from '../../../../src/cluster/spec/types.ts';
import { Seen } from '../../../../src/engine/seen.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import { exampleSpec } from '../example.ts';

async function findings(endpoint: Partial<EndpointSpec>, exit: number) {
  const { spec: base } = exampleSpec();
  const spec = { ...base, endpoint: { ...base.endpoint, ...endpoint } };
  const host = new FakeHost('cp1');
  const asked: (readonly string[])[] = [];
  host.onRun = (argv) => {
    asked.push(argv);
    return { exit };
  };
  const seen = new Seen();
  await seen.look(host, endpointLook(spec));
  return { asked, found: endpointFindings(seen, spec).map(({ name, message }) => `${name}: ${message}`) };
}

it('a name that is resolved outside has to resolve on the host', async () => {
  const outside = { name: 'api.kw.test', balancer: 'external' } as const;
  expect(await findings(outside, 2)).toEqual({
    asked: [['getent', 'ahosts', 'api.kw.test']],
    found: ['ControlPlaneEndpoint: the control-plane endpoint api.kw.test does not resolve on this host'],
  });
  expect((await findings(outside, 0)).found).toEqual([]);
});

it('nobody is asked for an address, or for a name that /etc/hosts is to have', async () => {
  expect(await findings({ name: '192.0.2.1', balancer: 'external' }, 2)).toEqual({ asked: [], found: [] });
  expect(await findings({ name: 'api.kw.test', balancer: 'node' }, 2)).toEqual({ asked: [], found: [] });
});
