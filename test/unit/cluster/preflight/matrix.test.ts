import { expect, it } from 'vitest';
import { matrixFindings } from '../../../../src/cluster/preflight/matrix.ts';
import { needs } from '../../../../src/cluster/preflight/needs.ts';
import { defaultNode } from '../../../../src/cluster/spec/defaults.ts';
import { resolveSpec } from '../../../../src/cluster/spec/resolve.ts';
import type { NodeRole } from '../../../../src/cluster/spec/types.ts';
import type { Facts, RunResult } from '../../../../src/host/port.ts';
import { fakeFacts } from '../../../fakes/fake-facts.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';

const spec = resolveSpec({ networking: { cni: 'bridge' } });
const kubeApi = [{ address: '*', port: 6443, pid: 7, process: 'kube-apiserver' }];

type Answers = (script: string, words: readonly string[]) => string;

/** A host that answers as the scripts of templates/preflight do, which test/sim/preflight.test.ts runs really. */
function member(name: string, number: number, role: NodeRole, answers: Answers, more: Partial<Facts> = {}) {
  const asked: string[] = [];
  const address = `192.0.2.${number}`;
  const host = new FakeHost(name);
  host.onRun = ([, , , script, ...words]): Partial<RunResult> => {
    asked.push(script!);
    return { stdout: answers(script!, words) };
  };
  const facts = fakeFacts({ addresses: [{ interface: 'eth0', address, prefix: 24 }], ...more });
  return { host, facts, node: defaultNode({ name, role, address }), fresh: true, asked };
}

const listens: Answers = (script, words) =>
  script === 'listen.sh'
    ? words
        .slice(3)
        .map((port) => `listening ${port}`)
        .join('\n')
    : '';
const found = async (members: ReturnType<typeof member>[]) =>
  [...(await matrixFindings(members, needs(spec)))].flatMap(([host, findings]) =>
    findings.map(({ name, level, message }) => `${host} ${name} ${level} ${message}`),
  );

it('what a host says of a place is what is found: refused, silent, or another reason', async () => {
  const says: Answers = (script, words) =>
    script === 'connect.sh'
      ? 'refused 192.0.2.1 6443\nsilent 192.0.2.1 10250\nfailed 192.0.2.3 6443 No route to host'
      : listens(script, words);
  const w1 = member('w1', 2, 'worker', says);
  const all = [member('cp1', 1, 'control-plane', listens), w1, member('cp3', 3, 'control-plane', listens)];
  expect(await found(all)).toEqual([
    'w1 Reachable-6443 error kube-apiserver is not reached: w1 → cp3:6443 (no route to host), w1 → cp1:6443 (refused); without it a node loses the cluster',
  ]);
  expect(w1.asked).toEqual(['listen.sh', 'connect.sh', 'end.sh']);
});

it('a component that listens already is not put aside; nobody is asked to where another process listens', async () => {
  const cp1 = { ...member('cp1', 1, 'control-plane', listens, { listeners: kubeApi }), fresh: false };
  const w1 = member('w1', 2, 'worker', (script) => (script === 'connect.sh' ? 'silent 192.0.2.1 6443' : ''));
  expect(await found([cp1, w1])).toEqual([expect.stringContaining('w1 → cp1:6443 (no answer within 3 s)')]);
  expect(cp1.asked).toEqual([]);
  const nginx = { ...cp1, facts: { ...cp1.facts, listeners: [{ ...kubeApi[0]!, process: 'nginx' }] } };
  expect(await found([nginx, w1])).toEqual([]);
});

it('a host without the means to take part says so; one that is gone says nothing', async () => {
  const unable = member('w1', 2, 'worker', () => 'unable');
  const cp1 = member('cp1', 1, 'control-plane', listens);
  expect(await found([cp1, unable])).toEqual([
    expect.stringMatching(/^w1 Reachable warning .* could not be checked: it has no /),
  ]);
});

it('behind NAT nobody is asked to listen at an address that is not his', async () => {
  const elsewhere = member('cp1', 1, 'control-plane', listens, { addresses: [] });
  const w1 = member('w1', 2, 'worker', (script) => (script === 'connect.sh' ? 'refused 192.0.2.1 6443' : ''));
  expect(await found([elsewhere, w1])).toEqual([]);
  expect(elsewhere.asked).toEqual([]);
});
