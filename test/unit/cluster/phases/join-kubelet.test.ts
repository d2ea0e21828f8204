import { beforeAll, expect, it } from 'vitest';
import type { JoinContext } from '../../../../src/cluster/context.ts';
import { workerKubelet } from '../../../../src/cluster/phases/join-kubelet.ts';
import { pkiContext } from '../../../../src/cluster/pki/context.ts';
import { planPki } from '../../../../src/cluster/pki/plan.ts';
import { Seen } from '../../../../src/engine/seen.ts';
import { fakeFacts } from '../../../fakes/fake-facts.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import { exampleSpec } from '../example.ts';

const { spec, node: cp1 } = exampleSpec();
const node = { ...cp1, name: 'w1', role: 'worker' as const };
const issuedAt = new Date('2026-01-01T00:00:00Z');
const CONF = '/etc/kubernetes/kubelet.conf';
let certificate: string;
let ca: string;
beforeAll(async () => {
  const plan = await planPki(pkiContext(spec, node, { now: issuedAt, superAdmin: false }), new Map());
  const { content } = plan.write.find(({ path }) => path.includes('/kubelet-client-'))!;
  certificate = content.slice(0, content.indexOf('-----BEGIN EC'));
  ca = plan.ca;
});

/** A worker that has joined, whose certificate command answers this. */
async function verdicts(current: string, now: string) {
  const host = new FakeHost('w1');
  host.put(CONF, 'apiVersion: v1', 0o600);
  host.put('/var/lib/kubelet/pki/kubelet-client-current.pem', current, 0o600);
  host.onRun = (argv) => (argv.at(-1)?.endsWith('kubelet-client-current.pem') ? { stdout: current } : {});
  const clock = { host: Date.parse(now), here: Date.parse(now) };
  const token = { label: 'a token', issue: async () => 't', takeBack: async () => undefined };
  const facts = fakeFacts({ clock });
  const context = { spec, node, host, ca, facts, token, binaries: [], images: [], waitMs: () => 1000 };
  const steps = workerKubelet.steps(context as unknown as JoinContext);
  const seen = new Seen();
  await seen.look(
    host,
    steps.flatMap(({ look }) => look ?? []),
  );
  const named = ['token', 'bootstrapped'];
  return Promise.all(steps.filter(({ name }) => named.includes(name)).map((step) => step.check(seen)));
}

it('leaves a worker alone whose certificate is valid', async () => {
  expect(await verdicts(certificate, '2026-06-01T00:00:00Z')).toMatchObject([
    { status: 'done' },
    { status: 'done' },
  ]);
});

// Its files were there, and nothing more was looked at: the kubelet ended again and again, and no join mended it.
it.each([
  ['has expired', () => certificate, '2027-06-01T00:00:00Z', /certificate expired on/, ['write']],
  ['was cut by a loss of power', () => '', '2026-06-01T00:00:00Z', /cannot be read/, ['run', 'write']],
  ['is no certificate', () => 'x', '2026-06-01T00:00:00Z', /cannot be read/, ['run', 'write']],
])(
  'B32: a worker whose certificate %s bootstraps anew when it joins again',
  async (_, current, now, why, kinds) => {
    const [token, bootstrapped] = await verdicts(current(), now);
    expect(token).toMatchObject({ status: 'change', summary: [expect.stringMatching(why)] });
    expect(bootstrapped).toMatchObject({ status: 'wait' });
    if (token?.status !== 'change' || token.change.kind !== 'operations') throw new Error('no operations');
    expect((await token.change.operations()).map(({ kind }) => kind)).toEqual(kinds);
  },
);
