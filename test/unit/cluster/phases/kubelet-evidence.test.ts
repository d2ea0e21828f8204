import { expect, it } from 'vitest';
import { KubewrightError } from '../../../../src/base/errors.ts';
import type { NodeContext } from '../../../../src/cluster/context.ts';
import { apiWaitStep } from '../../../../src/cluster/phases/api-wait.ts';
import { Seen } from '../../../../src/engine/seen.ts';
import { silent } from '../../../../src/output/events.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import { expectErrorLine } from '../../../golden/error-lines.ts';

const refused = new KubewrightError({
  code: 'ConnectionRefused',
  message: 'nothing listens',
  exit: 'apiUnreachable',
});
const log = Array.from(
  { length: 60 },
  (_, index) => `E1125 10:00:${index} 1 run.go:1] "x" err="line ${index}"`,
);

/** A host whose kubelet systemd has started so often. */
async function waitOn(restarts: number, sub: string, waitMs: number): Promise<void> {
  const host = new FakeHost('cp1');
  host.units.set('kubelet.service', { active: 'activating', enabled: 'enabled' });
  host.onRun = ([program]) => {
    if (program === 'systemctl') return { stdout: `NRestarts=${restarts}\nSubState=${sub}\n` };
    return program === 'journalctl' ? { stdout: `${log.join('\n')}\n` } : { exit: 1 };
  };
  const request = async () => {
    throw refused;
  };
  const context = { host, api: async () => ({ request }), reporter: silent, waitMs: () => waitMs };
  const step = apiWaitStep(context as unknown as NodeContext, 'wait', '/readyz');
  const verdict = await step.check(new Seen());
  if (verdict.status !== 'wait') throw new Error('nothing to wait for');
  return verdict.wait(new AbortController().signal);
}

it('B53: a kubelet that ends again and again ends the wait at once, with its last 20 complaints', async () => {
  const error = await waitOn(3, 'auto-restart', 240_000).catch((thrown: unknown) => thrown);
  await expectErrorLine('B53', error);
  const lines = (error as KubewrightError).evidence!.split('\n');
  expect(lines).toEqual(['kubelet.service is activating; it says:', ...log.slice(-20)]);
});

it('B53: one that runs and whose API server does not come is told when time is up, with the same words', async () => {
  await expect(waitOn(1, 'running', 300)).rejects.toMatchObject({
    code: 'ControlPlaneNotReady',
    exit: 22,
    message: 'The API server did not answer /readyz within 0 s; last seen: nothing listens',
    evidence: expect.stringContaining('line 59'),
  });
});
