import { expect, it } from 'vitest';
import { KubewrightError } from '../../../../src/base/errors.ts';
import type { NodeContext } from '../../../../src/cluster/context.ts';
import { waitComponents } from '../../../../src/cluster/phases/wait-components.ts';
import { waitNode } from '../../../../src/cluster/phases/wait-node.ts';
import type { Phase } from '../../../../src/engine/phase.ts';
import { Seen } from '../../../../src/engine/seen.ts';
import { ApiError } from '../../../../src/kube/errors.ts';
import { silent } from '../../../../src/output/events.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import { exampleSpec } from '../example.ts';

const { spec, node } = exampleSpec();
const refused = (httpStatus: number, message: string) =>
  new ApiError({
    server: 'https://10.0.0.1:6443',
    method: 'GET',
    path: '/',
    httpStatus,
    status: { kind: 'Status', status: 'Failure', message },
  });
const gone = new KubewrightError({
  code: 'ConnectionRefused',
  message: 'nothing listens',
  exit: 'apiUnreachable',
});
const election = refused(500, 'etcdserver: leader changed');

/** Each look gets the next of these; errors are thrown. */
async function wait(phase: Phase<NodeContext>, answers: readonly (object | Error)[], waitMs = 10_000) {
  const left = [...answers];
  const request = async () => {
    const next = left.shift() ?? answers.at(-1)!;
    if (next instanceof Error) throw next;
    return { body: next };
  };
  const api = async () => ({ request });
  const host = new FakeHost();
  const context = { spec, node, host, api, reporter: silent, waitMs: () => waitMs };
  const [step] = phase.steps(context as unknown as NodeContext);
  const verdict = await step!.check(new Seen());
  if (verdict.status !== 'wait') throw new Error('nothing to wait for');
  await verdict.wait(new AbortController().signal);
  return left.length;
}

const ready = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };

// A member of etcd that was just promoted makes an election: the join of every other host failed with it.
it('an API server that has trouble for a moment does not end the wait for a node', async () => {
  expect(await wait(waitNode, [election, gone, refused(503, 'not ready'), ready])).toBe(0);
});

it('nor the wait for scheduler and controller manager', async () => {
  const lease = { spec: { holderIdentity: 'cp1' } };
  expect(await wait(waitComponents, [election, gone, lease])).toBe(0);
});

it('what an API server refuses ends the wait at once', async () => {
  await expect(wait(waitNode, [refused(403, 'forbidden'), ready])).rejects.toThrow('forbidden');
});

it('says what the API server answered last, when time is up', async () => {
  await expect(wait(waitNode, [election], 200)).rejects.toMatchObject({
    code: 'NodeNotReady',
    message: expect.stringContaining('last seen: etcdserver: leader changed'),
  });
  await expect(wait(waitComponents, [gone], 200)).rejects.toMatchObject({
    code: 'ComponentNotLeading',
    message: expect.stringContaining('last seen: nothing listens'),
  });
});
