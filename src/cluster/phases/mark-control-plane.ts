import type { Phase } from '../../engine/phase.ts';
import { done } from '../../engine/step.ts';
import type { NodeContext } from '../context.ts';
import { nodeLabels, nodeTaints } from '../spec/node.ts';
import { liveNode, waitForNode } from './node-object.ts';

/** The label and the taint of control planes, on the Node that the kubelet registered (kubeadm: mark-control-plane). */
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
    {
      name: 'labels-and-taints',
      check: async () => {
        const node = await liveNode(context);
        if (node === 'unreachable')
          return { status: 'deferred', on: 'the API server', why: 'the Node is not registered yet' };
        const labels = nodeLabels(context.node);
        const taints = nodeTaints(context.node);
        const missingTaints = taints.filter(
          (taint) =>
            !node?.spec?.taints?.some((found) => found.key === taint.key && found.effect === taint.effect),
        );
        const labelled = Object.entries(labels).every(
          ([key, value]) => node?.metadata.labels?.[key] === value,
        );
        if (labelled && missingTaints.length === 0) return done;
        return {
          status: 'change',
          summary: [`label and taint node ${context.node.name}`],
          change: {
            kind: 'action',
            permanent: 'lives in etcd and goes with it',
            run: async (signal) => {
              const api = await context.api();
              await api.request({
                method: 'PATCH',
                path: `/api/v1/nodes/${encodeURIComponent(context.node.name)}`,
                query: { fieldManager: 'kubewright' },
                contentType: 'application/strategic-merge-patch+json',
                body: {
                  metadata: { labels },
                  spec: { taints: [...(node?.spec?.taints ?? []), ...missingTaints] },
                },
                signal,
              });
            },
          },
        };
      },
    },
  ],
};
