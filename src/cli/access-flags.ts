import * as Flags from '@oclif/core/flags';

/** How a command finds the cluster that it needs administrator's access to. */
export const accessFlags = {
  via: Flags.string({
    description: 'Control plane to reach the cluster through, where the kubeconfig does not.',
  }),
  kubeconfig: Flags.string({
    description: 'Kubeconfig file to use instead of $KUBECONFIG or ~/.kube/config.',
  }),
  context: Flags.string({ description: 'Kubeconfig context to use.' }),
};
