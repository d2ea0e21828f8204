import { KubewrightError } from '../base/errors.ts';
import type { ClusterPorts } from '../cluster/ports.ts';
import type { ClusterAccess } from '../cluster/record.ts';
import { controlPlaneAccess } from '../cluster/via.ts';
import type { CliContext } from './context.ts';

/** The cluster of the kubeconfig, or the one that the host named by --via is a control plane of. */
export async function clusterAccess(
  cli: CliContext,
  ports: ClusterPorts,
  via: string | undefined,
): Promise<ClusterAccess> {
  if (via !== undefined) return controlPlaneAccess(ports, via);
  const { tls, server } = await cli.endpoint();
  if (tls.ca) return { api: await cli.apiClient(), ca: tls.ca.toString() };
  throw new KubewrightError({
    code: 'KubeconfigWithoutCa',
    message: `The kubeconfig has no certificate authority for ${server}, which joining nodes have to be given.`,
    hint: 'Use a context that kubewright init wrote, or name a control plane with --via HOST.',
    exit: 'kubeconfig',
  });
}
