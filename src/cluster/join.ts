import type { Phase } from '../engine/phase.ts';
import type { JoinContext } from './context.ts';
import { balancer } from './phases/balancer.ts';
import { prepareHost } from './phases/host.ts';
import { workerImages } from './phases/images.ts';
import { afterJoin, beforeJoin } from './phases/join-hooks.ts';
import { workerKubelet } from './phases/join-kubelet.ts';
import { kubeletInstall } from './phases/kubelet.ts';
import { kubeletServing } from './phases/kubelet-serving.ts';
import { markNode } from './phases/mark-control-plane.ts';
import { network } from './phases/network.ts';
import { preflight } from './phases/preflight.ts';
import { runtime } from './phases/runtime.ts';
import { waitNode } from './phases/wait-node.ts';

/** A worker, top to bottom. The API server is there already: nothing waits for it but the kubelet's bootstrap. */
export const joinPhases: readonly Phase<JoinContext>[] = [
  preflight,
  beforeJoin,
  prepareHost,
  runtime,
  kubeletInstall,
  workerImages,
  balancer,
  kubeletServing,
  workerKubelet,
  after(network, 'kubelet-start'),
  waitNode,
  markNode,
  afterJoin,
];

function after(phase: Phase<JoinContext>, name: string): Phase<JoinContext> {
  return { ...phase, after: [name] };
}
