import type { Phase } from '../../engine/phase.ts';
import type { NodeContext } from '../context.ts';
import { isReady, waitForNode } from './node-object.ts';

export const waitNode: Phase<NodeContext> = {
  name: 'wait-node',
  title: 'Wait until the node is ready',
  after: ['kubelet-start', 'network', 'images'],
  steps: (context) => {
    // Without a pod network no node is Ready, and where it is somebody else's it may come at any time.
    const own = context.spec.networking.cni !== 'none';
    const [what, wanted] = own ? ['Ready', isReady] : ['registered', () => true];
    return [
      {
        name: 'ready',
        check: () => ({
          status: 'wait',
          for: `node ${context.node.name} to be ${what}`,
          wait: async (signal) => void (await waitForNode(context, wanted, what, signal)),
        }),
      },
    ];
  },
};
