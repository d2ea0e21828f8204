import type { Phase } from '../../engine/phase.ts';
import type { Step } from '../../engine/step.ts';
import type { NodeContext } from '../context.ts';
import { bridgeCni } from '../manifests/cni.ts';
import { fileStep } from '../steps/file.ts';
import { liveNode, type NodeObject, waitForNode } from './node-object.ts';

const residue = {
  // The bridge that both CNI configurations have the pods' cables on.
  bridges: ['cni0'],
  links: ['cni0', 'flannel.1'],
  paths: ['/var/lib/cni/flannel', '/run/flannel'],
  cniNetworks: ['cbr0', 'kubewright'],
  namespaces: ['cni-'],
  // What the bridge and portmap plugins hang into iptables for each pod: nobody asks them to take it back.
  iptablesChains: ['CNI-'],
  nftTables: ['ip flannel-ipv4', 'ip6 flannel-ipv6', 'inet cni_hostport', 'inet cni_plugins_masquerade'],
};

/**
 * The configuration of the bridge plugin, which needs the pod range that the controller manager gave the node.
 * Flannel's is the same everywhere and among the host's files.
 */
export const network: Phase<NodeContext> = {
  name: 'network',
  title: 'Configure the pod network',
  after: ['wait-control-plane'],
  steps: (context) => (context.spec.networking.cni === 'bridge' ? bridgeSteps(context) : []),
  residue,
};

/** Any range has the same path: what is looked at does not depend on what is not known yet. */
const anyBridge = bridgeCni('192.0.2.0/24').path;

function bridgeSteps(context: NodeContext): Step[] {
  const hasRange = (node: NodeObject) => rangeOf(node) !== undefined;
  return [
    {
      name: 'pod-range',
      check: () => ({
        status: 'wait',
        for: `node ${context.node.name} to be given its pod range`,
        wait: async (signal) => void (await waitForNode(context, hasRange, 'given its pod range', signal)),
      }),
    },
    {
      name: 'bridge',
      look: [{ kind: 'file', path: anyBridge, hash: true }],
      check: async (seen) => {
        const node = await liveNode(context);
        const range = node && node !== 'unreachable' ? rangeOf(node) : undefined;
        if (!range)
          return {
            status: 'deferred',
            on: 'the controller manager',
            why: 'the node has no pod range yet',
            targets: [anyBridge],
          };
        return fileStep('bridge', bridgeCni(range)).check(seen);
      },
    },
  ];
}

/** `10.244.1.0/24`, two with a comma for dual stack. */
export function rangeOf(node: NodeObject): string | undefined {
  return node.spec?.podCIDRs?.join(',') ?? node.spec?.podCIDR;
}
