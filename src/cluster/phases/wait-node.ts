import type { Phase } from '../../engine/phase.ts';
import type { NodeContext } from '../context.ts';
import { isReady, waitForNode } from './node-object.ts';

export const waitNode: Phase<NodeContext> = {
  name: 'wait-node',
  title: 'Wait until the node is ready',
  after: ['kubelet-start', 'network', 'images'],
  steps: (context) => [
    {
      name: 'ready',
      check: () => ({
        status: 'wait',
        for: `node ${context.node.name} to be Ready`,
        wait: async (signal) => void (await waitForNode(context, isReady, 'Ready', signal)),
      }),
    },
  ],
};
