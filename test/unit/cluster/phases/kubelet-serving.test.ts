import { beforeAll, expect, it } from 'vitest';
import type { JoinContext } from '../../../../src/cluster/context.ts';
import { kubeletServing } from '../../../../src/cluster/phases/kubelet-serving.ts';
import { pkiContext } from '../../../../src/cluster/pki/context.ts';
import { type PkiPlan, planPki } from '../../../../src/cluster/pki/plan.ts';
import { Seen } from '../../../../src/engine/seen.ts';
import { fakeFacts } from '../../../fakes/fake-facts.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import { exampleSpec } from '../example.ts';

const { spec, node } = exampleSpec();
const now = new Date('2026-11-23T12:00:00Z');
const SERVING = '/var/lib/kubelet/pki/kubelet';
let issued: PkiPlan;
beforeAll(async () => {
  issued = await planPki(pkiContext(spec, node, { now, superAdmin: false }), new Map());
});

async function verdicts(host: FakeHost, over: Partial<JoinContext> = {}) {
  const clock = { host: now.getTime(), here: now.getTime() };
  const administrator = true;
  const facts = fakeFacts({ clock });
  const context = { spec, node, host, ca: issued.ca, facts, administrator, ...over } as JoinContext;
  const steps = kubeletServing.steps(context);
  const seen = new Seen();
  await seen.look(
    host,
    steps.flatMap(({ look }) => look ?? []),
  );
  return Promise.all(steps.map((step) => step.check(seen)));
}

function withPair({ write }: PkiPlan): FakeHost {
  const host = new FakeHost();
  for (const { path, content, mode } of write) if (path.startsWith(SERVING)) host.put(path, content, mode);
  return host;
}

it('asks for a certificate where there is none, and for none where it is there', async () => {
  expect(await verdicts(new FakeHost())).toMatchObject([
    { status: 'change', summary: [`issue ${SERVING}.crt (missing)`] },
  ]);
  expect(await verdicts(withPair(issued))).toEqual([{ status: 'done' }]);
});

it('B29: replaces what the kubelet signed itself, and what names another address', async () => {
  const other = await planPki(pkiContext(spec, node, { now, superAdmin: false }), new Map());
  expect(await verdicts(withPair(other))).toMatchObject([
    { summary: [`issue ${SERVING}.crt (signed by another CA)`] },
  ]);
  const moved = { ...node, nodeAddress: '10.0.0.9' };
  expect(await verdicts(withPair(issued), { node: moved })).toMatchObject([{ status: 'change' }]);
});

it('has no step where nobody could approve it, and waits for a cluster that is not there yet', async () => {
  expect(await verdicts(new FakeHost(), { administrator: false })).toEqual([]);
  expect(await verdicts(new FakeHost(), { ca: '' })).toMatchObject([{ status: 'deferred' }]);
});

it('has no step where kubelets sign their own', async () => {
  const own = exampleSpec({ security: { kubeletServingCertificates: 'self-signed' } });
  expect(await verdicts(new FakeHost(), { spec: own.spec })).toEqual([]);
});

// It went on for as long as a TLS bootstrap may take, five minutes.
it('stops waiting for a certificate that nobody signs when it is interrupted', async () => {
  const interrupt = new AbortController();
  const asked = { metadata: { name: 'csr-1' } };
  const request = async ({ method }: { method?: string }) => {
    // What is asked from now on is whether it was signed.
    if (method === 'PUT') queueMicrotask(() => interrupt.abort(new Error('interrupted')));
    return { body: asked };
  };
  const over = { api: async () => ({ request }), waitMs: () => 300_000 };
  const [verdict] = await verdicts(new FakeHost(), over as unknown as Partial<JoinContext>);
  if (verdict?.status !== 'change' || verdict.change.kind !== 'operations') throw new Error('no operations');
  await expect(verdict.change.operations(interrupt.signal)).rejects.toThrow('interrupted');
});
