import type { Phase } from '../../engine/phase.ts';
import type { Step } from '../../engine/step.ts';
import type { NodeContext } from '../context.ts';
import { BALANCER_CONFIG, BALANCER_MANIFEST, balancerFiles } from '../manifests/balancer.ts';
import { hasNodeBalancer } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { fileStep } from '../steps/file.ts';
import { goneStep } from '../steps/gone.ts';

/**
 * A worker's way to every API server: a static pod, because it has to be there before anything that comes from the API.
 * While it does not run, /etc/hosts leads to the API servers themselves. Its image comes before the kubelet, which would
 * try to pull it.
 */
export const balancer: Phase<NodeContext> = {
  name: 'balancer',
  title: 'Write the manifest of the balancer',
  after: ['images'],
  steps: ({ spec, node }) => balancerSteps(spec, node),
};

export function balancerSteps(spec: ClusterSpec, node: NodeSpec): Step[] {
  if (!hasNodeBalancer(spec)) {
    // The manifest first: the pod reads the other.
    return [goneStep('manifest', BALANCER_MANIFEST), goneStep('config', BALANCER_CONFIG)];
  }
  const { config, manifest } = balancerFiles(spec, node);
  return [fileStep('config', config), fileStep('manifest', manifest)];
}
