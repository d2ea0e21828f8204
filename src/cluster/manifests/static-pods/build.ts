import type { ClusterSpec, NodeSpec } from '../../spec/types.ts';
import { imageReferences } from '../images.ts';
import { containerOf, type Pod } from '../pod-types.ts';
import { hardened } from '../security.ts';
import { securityFilesHash } from '../security-files.ts';
import { yamlTemplate } from '../template.ts';
import { COMPONENTS } from './components.ts';
import { applyOptions } from './options.ts';
import { readSchedulerConfig } from './scheduler.ts';
import type { StaticPodName, StaticPodOptions } from './types.ts';

/** What kubeadm writes for a cluster of which nobody has asked anything. */
export function plainPod(
  name: StaticPodName,
  spec: ClusterSpec,
  node: NodeSpec,
  options: StaticPodOptions,
): Pod {
  const pod = yamlTemplate<Pod>(`static-pods/${name}.yaml`);
  containerOf(pod.spec).image = imageReferences(spec)[name];
  COMPONENTS[name](pod, spec, node, options);
  return pod;
}

/** With what the specification asks for, what the user wrote over everything of ours; not patched yet. */
export function wantedPod(
  name: StaticPodName,
  spec: ClusterSpec,
  node: NodeSpec,
  options: StaticPodOptions,
): Pod {
  const pod = plainPod(name, spec, node, options);
  if (name === 'kube-scheduler') readSchedulerConfig(pod, spec);
  const { encryption = spec.security.encryptSecrets !== 'none' } = options;
  applyOptions(pod, name, hardened(spec, { encryption }), options);
  if (name === 'kube-apiserver') followPolicies(pod, spec);
  return pod;
}

/** The kubelet starts the API server anew only when its manifest changes. */
function followPolicies(pod: Pod, spec: ClusterSpec): void {
  const hash = securityFilesHash(spec);
  if (hash) pod.metadata.annotations = { ...pod.metadata.annotations, 'kubewright.dev/policies': hash };
}
