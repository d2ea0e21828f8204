import { done, type Step } from '../../engine/step.ts';
import { updateObject } from '../../kube/objects.ts';
import { findType } from '../../kube/types.ts';
import type { NodeContext } from '../context.ts';
import { markChanges, marked, marksIn, wantedMarks } from '../node-marks.ts';
import { liveNode, type NodeObject } from '../phases/node-object.ts';
import { announceSides } from './object-changes.ts';

/** The labels and taints of the host on its Node. */
export function marksStep(context: NodeContext): Step {
  const { node } = context;
  return {
    name: 'labels-and-taints',
    check: async () => {
      const live = await liveNode(context);
      if (live === 'unreachable') {
        return { status: 'deferred', on: 'the API server', why: 'the Node is not registered yet' };
      }
      const changes = markChanges(live, node);
      if (changes.length === 0) return done;
      return {
        status: 'change',
        summary: [`node ${node.name}: ${changes.join(', ')}`],
        announce: [announceSides(`Node ${node.name}`, live && marksIn(live, node), wantedMarks(node))],
        change: {
          kind: 'action',
          permanent: 'lives in etcd and goes with it',
          run: async () => {
            const api = await context.api();
            const type = findType(await api.discovery(), { apiVersion: 'v1', kind: 'Node' });
            await updateObject(api, type, { name: node.name }, (object) =>
              marked(object as NodeObject, node),
            );
          },
        },
      };
    },
  };
}
