import { KubewrightError } from '../../base/errors.ts';
import type { EtcdClient, Member } from './client.ts';

/**
 * Why etcd as a whole does not answer, where this is why: as this one member knows the others, fewer than a majority of
 * them are up. Undefined where it is not, or where this one does not answer either.
 */
export async function lostMajority(cluster: string, etcd: EtcdClient): Promise<KubewrightError | undefined> {
  try {
    const voters = (await etcd.members({ local: true })).filter(({ learner }) => !learner);
    const up = await Promise.all(voters.map((member) => answers(etcd, member)));
    const down = voters.filter((_, index) => !up[index]).map(({ name }) => name);
    const needed = Math.floor(voters.length / 2) + 1;
    return voters.length - down.length < needed ? told(cluster, down, voters.length, needed) : undefined;
  } catch (error) {
    if (error instanceof KubewrightError) return undefined;
    throw error;
  }
}

async function answers(etcd: EtcdClient, { clientUrl }: Member): Promise<boolean> {
  if (clientUrl === undefined) return false;
  try {
    await etcd.status(clientUrl);
    return true;
  } catch (error) {
    if (error instanceof KubewrightError) return false;
    throw error;
  }
}

function told(cluster: string, down: readonly string[], all: number, needed: number): KubewrightError {
  return new KubewrightError({
    code: 'EtcdMajorityLost',
    message: `The etcd of ${cluster} has lost its majority: ${all - down.length} of ${all} members are up, ${needed} are needed. Not up: ${down.join(', ')}. Nothing can be changed.`,
    hint: `Start those hosts again: with ${needed} members up it goes on by itself. If they are gone for good: docs/high-availability.md, "When the majority is lost", makes one survivor the only member (etcd --force-new-cluster); then kubewright node remove ${down[0]} and so on.`,
    exit: 'step',
  });
}
