import { runsEtcd } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { applyPatches } from './patches/apply.ts';
import { type HostFile, MANIFESTS_DIR } from './paths.ts';
import type { Pod } from './pod-types.ts';
import { wantedPod } from './static-pods/build.ts';
import { STATIC_PODS, type StaticPodName, type StaticPodOptions } from './static-pods/types.ts';
import { canonicalYaml } from './yaml.ts';

export { CA_DIRECTORIES, type StaticPodName, type StaticPodOptions } from './static-pods/types.ts';

/** The manifests of one control-plane host, as kubeadm writes them (arguments and keys sorted). */
export function staticPods(spec: ClusterSpec, node: NodeSpec, options: StaticPodOptions): HostFile[] {
  const own = STATIC_PODS.filter((name) => name !== 'etcd' || runsEtcd(spec, node));
  return own.map((name) => staticPodFile(name, spec, node, options));
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

/** Patches come over everything else, as kubeadm's do. */
export function staticPod(
  name: StaticPodName,
  spec: ClusterSpec,
  node: NodeSpec,
  options: StaticPodOptions,
): Pod {
  return applyPatches(name, wantedPod(name, spec, node, options), spec);
}
