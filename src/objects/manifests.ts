import { KubewrightError } from '../base/errors.ts';
import type { ApiClient, ResourceType } from '../kube/port.ts';
import type { Manifest } from '../kube/yaml.ts';

/**
 * The namespace that an object of a file belongs to: its own, or that of the context; undefined for types
 * without. Throws where `-n` says another one than the file.
 */
export function inNamespace(
  client: ApiClient,
  manifest: Manifest,
  type: Pick<ResourceType, 'namespaced'>,
  explicit: string | undefined,
): string | undefined {
  if (!type.namespaced) return undefined;
  const own = manifest.object.metadata.namespace;
  if (own && explicit !== undefined && own !== explicit)
    throw new KubewrightError({
      code: 'NamespaceMismatch',
      message: `${manifest.source}:${manifest.line}: the namespace from the provided object "${own}" does not match the namespace "${explicit}". You must pass '--namespace=${own}' to perform this operation.`,
      exit: 'failure',
    });
  return own || client.namespace;
}

/** `kind: Cluster` of kubewright.dev goes to hosts, not to an API server. */
export function refuseClusters(manifests: readonly Manifest[]): void {
  const cluster = manifests.find(({ object }) => object.apiVersion.startsWith('kubewright.dev/'));
  if (!cluster) return;
  throw new KubewrightError({
    code: 'ClusterManifest',
    message: `${cluster.source}:${cluster.line}: ${cluster.object.kind} of ${cluster.object.apiVersion} is not an object of an API server`,
    hint: 'cluster files are not supported yet: kubewright init HOST makes a cluster, with flags for what the file says (kubewright init --help)',
    exit: 'invalidInput',
  });
}
