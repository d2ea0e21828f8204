import { expect, it } from 'vitest';
import { tracesStep } from '../../../../src/cluster/steps/traces.ts';
import { Seen } from '../../../../src/engine/seen.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';

const step = tracesStep('traces', [
  { path: '/var/lib/daemon', kind: 'folder', mode: 0o755 },
  { path: '/run/daemon', kind: 'folder', mode: 0o755 },
]);

async function verdict(host: FakeHost) {
  const seen = new Seen();
  await seen.look(host, step.look ?? []);
  return step.check(seen);
}

it('makes all of them on a host that has none', async () => {
  const found = await verdict(new FakeHost());
  expect(found).toMatchObject({ summary: ['make /var/lib/daemon (0755)', 'make /run/daemon (0755)'] });
});

it('changes nothing after a boot, which took what lies in /run', async () => {
  const host = new FakeHost();
  host.put('/var/lib/daemon/x', '');
  expect((await verdict(host)).status).toBe('done');
});
