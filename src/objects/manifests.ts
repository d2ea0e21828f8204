import { KubewrightError } from '../base/errors.ts';
import type { ApiClient, ResourceType } from '../kube/port.ts';
import type { Manifest } from '../kube/yaml.ts';
import { type ClusterText, type FileSelection, isDeclared } from './selection/files.ts';

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

/**
 * The one cluster that a command is given, to go to hosts; undefined where everything is for an API server. Throws
 * where both are, or several: what would then be done first, and to which API server, nobody said.
 */
export function clusterOf({ manifests, clusters }: FileSelection): ClusterText | undefined {
  const kubeadm = manifests.find(({ object }) => object.apiVersion.startsWith('kubeadm.k8s.io/'));
  if (kubeadm) throw ofKubeadm(kubeadm);
  const [cluster, second] = clusters;
  if (!cluster) return undefined;
  const other = manifests.find((manifest) => !isDeclared(manifest));
  if (other) {
    const { source, line, object } = other;
    throw mixed(`${source}:${line}: ${object.kind} ${object.metadata.name} stands beside a cluster`);
  }
  if (second) throw mixed(`${second.source} declares a second cluster beside ${cluster.source}`);
  return cluster;
}

/** No API server knows it: init and join take it, or it becomes a cluster file. */
function ofKubeadm({ source, line, object }: Manifest): KubewrightError {
  return new KubewrightError({
    code: 'KubeadmFile',
    message: `${source}:${line}: ${object.kind} of ${object.apiVersion} is a file of kubeadm, not an object`,
    hint: `kubewright config migrate -f ${source} makes a cluster file of it; init and join take it as it is, by --config`,
    exit: 'invalidInput',
  });
}

function mixed(message: string): KubewrightError {
  return new KubewrightError({
    code: 'MixedInput',
    message,
    hint: 'A cluster is worked by itself: give it a file and a command of its own, then apply what is to run in it.',
    exit: 'invalidInput',
  });
}
