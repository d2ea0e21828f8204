import { describe, expect, it } from 'vitest';
import { KubewrightError } from '../../../src/base/errors.ts';
import { resetPhases } from '../../../src/cluster/reset.ts';
import { readResetNotes } from '../../../src/cluster/reset-notes.ts';
import { reset } from '../../../src/cluster/run-reset.ts';
import { withBlock } from '../../../src/cluster/steps/block.ts';
import { planPhases } from '../../../src/engine/planner.ts';
import { Timeline } from '../../../src/engine/timeline.ts';
import type { JournalEntry } from '../../../src/host/port.ts';
import type { ApiClient } from '../../../src/kube/port.ts';
import { clusterPorts } from '../../fakes/cluster-ports.ts';
import { FakeHost } from '../../fakes/fake-host.ts';

async function planned(journal: JournalEntry[], knownPaths: string[]): Promise<string[]> {
  const host = new FakeHost();
  host.put('/etc/hosts', withBlock('127.0.0.1 localhost\n', ['10.0.0.1 api']));
  const context = { host, journal, knownPaths, notes: readResetNotes(undefined) };
  const plan = await planPhases({ host, phases: resetPhases, context, timeline: new Timeline() });
  return plan.phases.flatMap((phase) => phase.steps.flatMap((step) => step.summary));
}

describe('reset', () => {
  it('without a journal disables our units and takes our lines out of /etc/hosts too', async () => {
    const summary = await planned([], ['/etc/kubernetes']);
    expect(summary).toContain('disable kubelet.service');
    expect(summary).toContain('remove /etc/kubernetes');
    expect(summary).toContain('mend /etc/hosts (0644)');
  });

  it('leaves to the journal what the journal knows', async () => {
    const hosts: JournalEntry = {
      id: 'host/hosts/1',
      kind: 'write',
      target: '/etc/hosts',
      before: 'absent',
      done: true,
    };
    const summary = await planned([hosts], ['/etc/kubernetes']);
    expect(summary.filter((line) => line.includes('/etc/hosts'))).toEqual(['remove /etc/hosts']);
  });

  // A line that somebody added since was lost with the copy from before.
  it('takes just our lines out of an /etc/hosts that the host had', async () => {
    const hosts: JournalEntry = {
      ...{ id: 'host/hosts/1', kind: 'write', target: '/etc/hosts', done: true },
      before: '/var/lib/kubewright/kept/105eca7f57fa22f9a1075616fa763fb5.644.0.0',
    };
    const summary = await planned([hosts], []);
    expect(summary.filter((line) => line.includes('/etc/hosts'))).toEqual(['mend /etc/hosts (0644)']);
  });

  it('starts a containerd of the host’s own again', async () => {
    const unit = (before: string): JournalEntry => ({
      ...{ id: 'runtime/unit/1', kind: 'unit', target: 'containerd.service', done: true },
      before,
    });
    expect(await planned([unit('active enabled')], [])).toContain('start containerd.service');
    expect(await planned([unit('unknown ')], [])).not.toContain('start containerd.service');
  });

  it('puts nothing back into the folders of daemons: a certificate that the kubelet signed before us stays away', async () => {
    const entry = (target: string): JournalEntry => ({
      ...{ id: 'x/y/1', kind: 'write', target, done: true },
      before: '/var/lib/kubewright/kept/105eca7f57fa22f9a1075616fa763fb5.644.0.0',
    });
    const summary = await planned([entry('/var/lib/kubelet/pki/kubelet.crt'), entry('/etc/crictl.yaml')], []);
    const back = summary.filter((line) => line.startsWith('install'));
    expect(back).toEqual([expect.stringContaining('/etc/crictl.yaml')]);
  });

  it('touches nothing but what runs on a host that was never ours', async () => {
    const summary = await planned([], []);
    expect(summary.some((line) => /^(remove|mend|disable)/.test(line))).toBe(false);
  });

  const halfReset = async (answer: () => Promise<unknown>) => {
    const host = new FakeHost();
    for (const file of ['ca.crt', 'ca.key']) host.put(`/etc/kubernetes/pki/${file}`, 'the CA');
    const api = { server: 'https://cp1:6443', request: answer } as unknown as ApiClient;
    // The run that was killed has told the cluster already.
    let told = false;
    const later = async () => {
      const found = told ? api : undefined;
      told = true;
      return found;
    };
    return reset(
      clusterPorts(async () => host),
      { target: 'cp2', api: later, dryRun: false },
    );
  };

  // The user's kubeconfig lost its context, and the cluster was there.
  it('of a control plane that was killed does not take the cluster for gone, which others serve', async () => {
    const stays = await halfReset(async () => ({ body: { data: { 'ca.crt': 'the CA' } } }));
    expect(stays).toMatchObject({ controlPlane: true, clusterStays: true });
    const refused = new KubewrightError({ code: 'NoAnswer', message: 'refused', exit: 'hostUnreachable' });
    expect(await halfReset(() => Promise.reject(refused))).toMatchObject({ clusterStays: false });
    const other = await halfReset(async () => ({ body: { data: { 'ca.crt': 'another CA' } } }));
    expect(other).toMatchObject({ clusterStays: false });
  });
});
