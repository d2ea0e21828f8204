import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { imageReferences } from './images.ts';
import { type HostFile, MANIFESTS_DIR } from './paths.ts';
import { containerOf, type Pod } from './pod-types.ts';
import { COMPONENTS } from './static-pods/components.ts';
import { applyOptions } from './static-pods/options.ts';
import { STATIC_PODS, type StaticPodName, type StaticPodOptions } from './static-pods/types.ts';
import { yamlTemplate } from './template.ts';
import { canonicalYaml } from './yaml.ts';

export { CA_DIRECTORIES, type StaticPodName, type StaticPodOptions } from './static-pods/types.ts';

/** The manifests of one control-plane host, as kubeadm writes them (arguments and keys sorted). */
export function staticPods(spec: ClusterSpec, node: NodeSpec, options: StaticPodOptions): HostFile[] {
  return STATIC_PODS.map((name) => staticPodFile(name, spec, node, options));
}

export function staticPodPath(name: StaticPodName): string {
  return `${MANIFESTS_DIR}/${name}.yaml`;
}

export function staticPodFile(
  name: StaticPodName,
  spec: ClusterSpec,
  node: NodeSpec,
  options: StaticPodOptions,
): HostFile {
  const content = canonicalYaml({ ...staticPod(name, spec, node, options), status: {} });
  return { path: staticPodPath(name), mode: 0o600, content };
}

/** Template, then what is computed of it, then what the user set: each over the one before. */
export function staticPod(
  name: StaticPodName,
  spec: ClusterSpec,
  node: NodeSpec,
  options: StaticPodOptions,
): Pod {
  const pod = yamlTemplate<Pod>(`static-pods/${name}.yaml`);
  containerOf(pod.spec).image = imageReferences(spec)[name];
  COMPONENTS[name](pod, spec, node, options);
  applyOptions(pod, name, spec);
  return pod;
}
