import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KUBERNETES_VERSION } from '../../src/cluster/spec/defaults.ts';
import { BINDS, kubeadmInit, prepareForKubeadm, resolveEndpoint } from './kubeadm/peer.ts';
import { allReady, on, pairOf } from './kubeadm/side.ts';
import type { JoinOutcome } from './spine/spine.ts';
import { expectRefusal, useCli } from './support/cli.ts';
import { difference, type Inventory, inventory } from './support/inventory.ts';
import { describeLab, useLab } from './support/lab.ts';

const CNI = '/etc/cni/net.d/10-flannel.conflist';
const TEMPLATE = join(import.meta.dirname, '../../templates/host', CNI);

describeLab('a cluster that the real kubeadm made', () => {
  const lab = useLab('test-theirs', ['peer1', 'w1'], { bindReadOnly: BINDS });
  const cli = useCli(lab.name);
  const { peer } = pairOf(KUBERNETES_VERSION, lab, cli);
  let before: Inventory = [];
  let ticket: string[] = [];
  const byTicket = (...args: string[]) => ['join', ...args, ...ticket];

  it('gives out its own command line', async () => {
    await prepareForKubeadm(peer, ['peer1'], KUBERNETES_VERSION);
    await kubeadmInit(peer, 'peer1', KUBERNETES_VERSION);
    const line = await on(peer, 'peer1', 'kubeadm token create --print-join-command 2>/dev/null');
    const [, token, pin] = /--token (\S+) --discovery-token-ca-cert-hash (\S+)/.exec(line) ?? [];
    const { address } = await lab.host('peer1');
    ticket = ['--server', `${address}:6443`, '--token', token!, '--discovery-token-ca-cert-hash', pin!];
  });

  it('takes a worker of kubewright, which is configured as kubeadm configures its own', async () => {
    // What its owner does for each host: the endpoint's name, and the configuration of the network.
    await resolveEndpoint(peer, 'w1', 'peer1');
    before = await inventory(await lab.host('w1'));
    expectRefusal(await cli.run(byTicket('peer1')), 23, 'is a control plane of kubernetes already');
    const done = await cli.json<JoinOutcome>(byTicket('w1'));
    expect(done).toMatchObject({ cluster: 'kubernetes', recorded: false, hosts: [{ host: 'w1' }] });
    const network = await readFile(TEMPLATE, 'utf8');
    await on(peer, 'w1', `cat >${CNI} <<'END'\n${network}END`);
    await allReady(peer, 2);
    const theirs = await on(peer, 'peer1', 'cat /var/lib/kubelet/config.yaml');
    expect(await on(peer, 'w1', 'cat /var/lib/kubelet/config.yaml')).toBe(theirs);
    const server = 'grep server: /etc/kubernetes/kubelet.conf';
    expect(await on(peer, 'w1', server)).toContain('kubernetes.kubewright.internal:6443');
    expect(await cli.json(byTicket('w1'))).toMatchObject({ hosts: [{ changed: 0 }] });
  });

  it('leaves nothing on the worker that is reset', async () => {
    await on(peer, 'w1', `rm ${CNI}`);
    await cli.ok(['reset', 'w1', '--yes']);
    expect(difference(before, await inventory(await lab.host('w1')))).toEqual([]);
  });
});
