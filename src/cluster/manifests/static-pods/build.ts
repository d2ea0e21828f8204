import type { ClusterSpec, NodeSpec } from '../../spec/types.ts';
import { imageReferences } from '../images.ts';
import { containerOf, type Pod } from '../pod-types.ts';
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
  applyOptions(pod, name, spec, options);
  return pod;
}
