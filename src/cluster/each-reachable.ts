import { KubewrightError } from '../base/errors.ts';
import { EXIT } from '../base/exit-codes.ts';
import { mapHosts } from './map-hosts.ts';
import { openNode } from './open-node.ts';
import type { ClusterPorts } from './ports.ts';
import type { NodeSpec } from './spec/types.ts';

/**
 * What a run brings up to date on hosts that it is not about. Where that fails, `told` says what was not done there, as a
 * warning: the next run mends it.
 */
export async function eachReachable<T>(
  ports: ClusterPorts,
  nodes: readonly NodeSpec[],
  work: (node: NodeSpec, opened: Awaited<ReturnType<typeof openNode>>) => Promise<T>,
  told: (node: NodeSpec, why: string) => string,
): Promise<T[]> {
  const done = await mapHosts(nodes, async (node): Promise<T[]> => {
    try {
      return [await work(node, await openNode(ports, node))];
    } catch (error) {
      ports.signal.throwIfAborted();
      if (!(error instanceof KubewrightError)) throw error;
      // The run is to do what its plan has, or to stop.
      if (ports.guard && error.exit === EXIT.planMoved) throw error;
      const text = told(node, error.message);
      ports.reporter.emit({ type: 'message', level: 'warning', host: node.name, text });
      return [];
    }
  });
  return done.flat();
}
