import type { Phase } from '../engine/phase.ts';
import type { ControlPlaneContext } from './context.ts';
import { certs, kubeconfig } from './phases/certs.ts';
import { addonCoreDns, addonKubeProxy, addonNetwork, uploadConfig } from './phases/cluster-objects.ts';
import { encryptSecrets } from './phases/encrypt-secrets.ts';
import { prepareHost } from './phases/host.ts';
import { controlPlaneImages, workloadImages } from './phases/images.ts';
import { afterJoin, beforeJoin } from './phases/join-hooks.ts';
import { kubeletInstall, kubeletStart } from './phases/kubelet.ts';
import { markControlPlane } from './phases/mark-control-plane.ts';
import { network } from './phases/network.ts';
import { preflight } from './phases/preflight.ts';
import { record } from './phases/record.ts';
import { runtime } from './phases/runtime.ts';
import { security } from './phases/security.ts';
import { controllers, controlPlane, etcd } from './phases/static-pods.ts';
import { waitComponents } from './phases/wait-components.ts';
import { waitControlPlane } from './phases/wait-control-plane.ts';

/**
 * The first control plane, top to bottom. Each phase names those that it comes after; all others run beside it, so
 * that certificates are issued while images are imported, and add-ons are applied while the node registers.
 */
export const initPhases: readonly Phase<ControlPlaneContext>[] = [
  preflight,
  beforeJoin,
  record,
  prepareHost,
  security,
  certs,
  kubeconfig,
  runtime,
  kubeletInstall,
  controlPlaneImages,
  etcd,
  controlPlane,
  kubeletStart,
  workloadImages,
  waitControlPlane,
  controllers,
  uploadConfig,
  encryptSecrets,
  addonKubeProxy,
  addonCoreDns,
  addonNetwork,
  network,
  markControlPlane,
  waitComponents,
  { ...afterJoin, after: ['mark-control-plane', 'wait-components'] },
];
