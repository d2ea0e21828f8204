import { it } from 'vitest';
import { expectAgreement } from './agree.ts';
import { hostSnapshot, type Snapshot } from './host-snapshot.ts';
import { objectSnapshot } from './object-snapshot.ts';
import { IGNORED, kubeadmInit, prepareForKubeadm, resolveEndpoint, SOCKET, TOKEN } from './peer.ts';
import { allReady, on, type Pair, type Side } from './side.ts';

export function leaveTheSameAfterInit(pair: Pair): void {
  const { version, cli, peer, ours } = pair;

  it('both tools bring up a control plane', async () => {
    await prepareForKubeadm(peer, ['peer1', 'peer2'], version);
    await kubeadmInit(peer, 'peer1', version);
    await cli.ok(['init', 'ours1', '--kubernetes-version', version]);
    await allReady(peer, 1);
    await allReady(ours, 1);
    pair.up = true;
  });

  it('init leaves the same files, certificates, manifests and objects', async () => {
    await expectAgreement('init', async () => ({
      theirs: { ...(await objectSnapshot(peer)), ...(await hostSnapshot(peer, 'peer1')) },
      ours: { ...(await objectSnapshot(ours)), ...(await hostSnapshot(ours, 'ours1')) },
    }));
  });
}

export function leaveTheSameOnWorkers({ cli, peer, ours }: Pair): void {
  it('both tools join a worker', async () => {
    await resolveEndpoint(peer, 'peer2', 'peer1');
    const command = await on(peer, 'peer1', 'kubeadm token create --print-join-command 2>/dev/null');
    await on(peer, 'peer2', `${command.trim()} ${IGNORED} --cri-socket ${SOCKET} 2>&1`);
    await cli.ok(['join', 'ours2']);
    await allReady(peer, 2);
    await allReady(ours, 2);
  });

  it('join leaves the same files on a worker, and the same node and token in the cluster', async () => {
    await cli.ok(['token', 'create', TOKEN]);
    await expectAgreement('worker', () => secondHosts(peer, ours));
  });
}

export function leaveTheSameOnControlPlanes({ cli, peer, ours }: Pair): void {
  it('both tools join a control plane', async () => {
    const kubeconfig = ['--kubeconfig', peer.kubeconfig()];
    await on(peer, 'peer2', 'kubeadm reset -f 2>&1; rm -rf /etc/kubernetes');
    await cli.ok(['delete', 'node', 'peer2']);
    await cli.ok(['delete', 'node', 'peer2', ...kubeconfig]);
    await resolveEndpoint(peer, 'peer2', 'peer1');
    const upload = 'kubeadm init phase upload-certs --upload-certs --config /root/kubeadm.yaml 2>/dev/null';
    const key = (await on(peer, 'peer1', upload)).trim().split('\n').at(-1);
    const command = await on(peer, 'peer1', 'kubeadm token create --print-join-command 2>/dev/null');
    const { address } = await peer.lab.host('peer2');
    const role = `--control-plane --certificate-key ${key} --apiserver-advertise-address ${address}`;
    await on(peer, 'peer2', `${command.trim()} ${role} ${IGNORED} --cri-socket ${SOCKET} 2>&1`);

    await cli.ok(['reset', 'ours2', '--yes']);
    await cli.ok(['join', 'ours2', '--control-plane']);
    await allReady(peer, 2);
    await allReady(ours, 2);
  });

  it('join leaves the same files on a control plane, and the same node', async () => {
    await expectAgreement('control-plane', () => secondHosts(peer, ours));
  });
}

/** The hosts that joined, their nodes and the token that has the same id on both sides. */
async function secondHosts(peer: Side, ours: Side): Promise<{ theirs: Snapshot; ours: Snapshot }> {
  const part = (objects: Snapshot) =>
    Object.entries(objects).filter(([item]) => item.endsWith('/node2') || item.endsWith('-abcdef'));
  return {
    theirs: {
      ...Object.fromEntries(part(await objectSnapshot(peer))),
      ...(await hostSnapshot(peer, 'peer2')),
    },
    ours: { ...Object.fromEntries(part(await objectSnapshot(ours))), ...(await hostSnapshot(ours, 'ours2')) },
  };
}
