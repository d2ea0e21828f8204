import type { Phase } from '../../engine/phase.ts';
import type { NodeContext } from '../context.ts';
import { imageStep } from '../steps/images.ts';

/** What the static pods need: it has to be there before the kubelet starts, which would try to pull it. */
const controlPlane = ['pause', 'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

export const controlPlaneImages: Phase<NodeContext> = {
  name: 'images-control-plane',
  title: 'Import the images of the control plane',
  after: ['runtime'],
  steps: ({ images }) => images.filter(({ component }) => controlPlane.includes(component)).map(imageStep),
};

/** A static pod of workers alone. */
const BALANCER = 'haproxy';

/** What comes as pods later: imported while the control plane starts. */
export const workloadImages: Phase<NodeContext> = {
  name: 'images',
  title: 'Import the images of the add-ons',
  after: ['images-control-plane'],
  steps: ({ images }) =>
    images
      .filter(({ component }) => !controlPlane.includes(component) && component !== BALANCER)
      .map(imageStep),
};

/** A worker runs its balancer, and what comes as pods. */
export const workerImages: Phase<NodeContext> = {
  name: 'images',
  title: 'Import the images',
  after: ['runtime'],
  steps: ({ images }) =>
    images
      .filter(({ component }) => component === 'pause' || !controlPlane.includes(component))
      .map(imageStep),
};
