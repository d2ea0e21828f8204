import type { Phase } from '../engine/phase.ts';
import type { JoinControlPlaneContext } from './context.ts';
import { certs, kubeconfig } from './phases/certs.ts';
import { etcdJoin } from './phases/etcd-join.ts';
import { prepareHost } from './phases/host.ts';
import { controlPlaneImages, workloadImages } from './phases/images.ts';
import { afterJoin, beforeJoin } from './phases/join-hooks.ts';
import { kubeletInstall, kubeletStart } from './phases/kubelet.ts';
import { manifestsFolder } from './phases/manifests-folder.ts';
import { markControlPlane } from './phases/mark-control-plane.ts';
import { network } from './phases/network.ts';
import { preflight } from './phases/preflight.ts';
import { joinedRecord } from './phases/record.ts';
import { runtime } from './phases/runtime.ts';
import { security } from './phases/security.ts';
import { sharedKeys } from './phases/shared-keys.ts';
import { controllers, controlPlane } from './phases/static-pods.ts';
import { waitControlPlane } from './phases/wait-control-plane.ts';
import { waitLocalComponents } from './phases/wait-local-components.ts';
import { waitNode } from './phases/wait-node.ts';

/**
 * A further control plane, top to bottom: the first one's phases, with the cluster's keys in place of new ones and the
 * cluster's etcd joined in place of a new one. What is in the cluster already (configuration, add-ons) is left alone.
 */
export const joinControlPlanePhases: readonly Phase<JoinControlPlaneContext>[] = [
  preflight,
  beforeJoin,
  joinedRecord,
  prepareHost,
  sharedKeys,
  // The keys of Secrets are among the shared ones.
  after(security, 'shared-keys'),
  after(certs, 'shared-keys'),
  kubeconfig,
  runtime,
  kubeletInstall,
  controlPlaneImages,
  manifestsFolder,
  // Its API server has to wait for etcd, which the kubelet starts.
  after(kubeletStart, 'kubelet-install', 'kubeconfig', 'images-control-plane', 'manifests-folder'),
  etcdJoin,
  after(controlPlane, 'etcd-join', 'security'),
  workloadImages,
  after(waitControlPlane, 'control-plane'),
  controllers,
  network,
  markControlPlane,
  waitLocalComponents,
  waitNode,
  after(afterJoin, 'mark-control-plane', 'wait-components', 'wait-node'),
];

function after(phase: Phase<JoinControlPlaneContext>, ...names: string[]): Phase<JoinControlPlaneContext> {
  return { ...phase, after: names };
}
