import type { Phase } from '../../engine/phase.ts';
import type { JoinContext, NodeContext } from '../context.ts';
import { marksStep } from '../steps/marks.ts';
import { waitForNode } from './node-object.ts';

/** The labels and taints of control planes, on the Node that the kubelet registered (kubeadm: mark-control-plane). */
export const markControlPlane: Phase<NodeContext> = {
  name: 'mark-control-plane',
  title: 'Mark the node as a control plane',
  after: ['wait-control-plane'],
  steps: (context) => [
    {
      name: 'registered',
      check: () => ({
        status: 'wait',
        for: `node ${context.node.name} to be registered`,
        wait: async (signal) => void (await waitForNode(context, () => true, 'registered', signal)),
      }),
    },
    marksStep(context),
  ],
};

/** A node with a bootstrap token alone may not: the next run with an administrator's rights does. */
export const markNode: Phase<JoinContext> = {
  name: 'mark-node',
  title: 'Label and taint the node',
  after: ['wait-node'],
  steps: (context) => (context.administrator ? [marksStep(context)] : []),
};
