import { KubewrightError } from '../base/errors.ts';
import type { Agent } from './agent.ts';
import { lockLost } from './failure.ts';
import { escapeField, unescapeField } from './journal.ts';
import type { LockAnswer, LockRequest } from './port.ts';
import { requestLine } from './request.ts';

const SECONDS = 300;

export async function acquire(host: string, agent: Agent, request: LockRequest): Promise<LockAnswer> {
  const { seconds = SECONDS, epoch = '', owner } = request;
  await agent.write(`${requestLine(['lock', seconds, epoch, escapeField(owner) || '-'])}\n`);
  const frame = await agent.answer('lock');
  const [, outcome, number, how, since] = frame.words;
  const other = unescapeField(frame.body.toString('utf8'));
  if (outcome === 'held')
    return {
      heldBy: other,
      expiresInSeconds: Number(number),
      held: Number(how),
      forSeconds: Number(since ?? 0),
    };
  if (outcome === 'lost') throw lockLost(host, { epoch: number ?? '0' });
  if (outcome === 'got') {
    const broken = how === 'reboot' || how === 'expired' ? { owner: other, why: how } : undefined;
    return { epoch: Number(number), ...(broken ? { broken } : {}) } as LockAnswer;
  }
  throw new KubewrightError({
    code: 'OperationFailed',
    message: `the lock on ${host} could not be written`,
    hint: `Is there space, and may root write to /var/lib/kubewright on ${host}?`,
    host,
    evidence: frame.body.toString('utf8'),
    exit: 'step',
  });
}

export async function release(agent: Agent, epoch: number, forget: boolean): Promise<void> {
  await agent.write(`unlock ${epoch}${forget ? ' forget' : ''}\n`);
  await agent.answer('unlocked');
}
