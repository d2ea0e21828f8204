import { beforeEach, describe } from 'vitest';
import { obeyKubeadm, resetByKubeadm } from './kubeadm/interoperate.ts';
import { BINDS } from './kubeadm/peer.ts';
import { leaveTheSameAfterInit, leaveTheSameOnControlPlanes, leaveTheSameOnWorkers } from './kubeadm/same.ts';
import { HOSTS, pairOf } from './kubeadm/side.ts';
import { useCli } from './support/cli.ts';
import { describeLab, useLab } from './support/lab.ts';

besideKubeadm('v1.37.2', 'test-kubeadm');
// Minutes more, for what hardly differs: npm run test:full.
if (process.env.KUBEWRIGHT_TEST_FULL) besideKubeadm('v1.36.3', 'test-kubeadm-old');

/** Two clusters in one lab, in the order in which clusters live: each part stands on the one before. */
function besideKubeadm(version: string, name: string): void {
  describeLab(`kubewright and the real kubeadm ${version}`, () => {
    const lab = useLab(name, HOSTS, { bindReadOnly: BINDS });
    const pair = pairOf(version, lab, useCli(name));

    describe('make the same control plane', () => leaveTheSameAfterInit(pair));
    describe('go on together', () => {
      beforeEach(() => {
        if (!pair.up) throw new Error('there are no two control planes: see above');
      });
      describe('with a worker', () => leaveTheSameOnWorkers(pair));
      describe('on a cluster of kubewright, kubeadm', () => obeyKubeadm(pair));
      describe('with a second control plane', () => leaveTheSameOnControlPlanes(pair));
      describe('at the end, kubeadm', () => resetByKubeadm(pair));
    });
  });
}
