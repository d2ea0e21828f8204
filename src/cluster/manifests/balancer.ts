import { createHash } from 'node:crypto';
import { hostPort, loopback, reachableControlPlanes } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import { imageReferences } from './images.ts';
import { type HostFile, MANIFESTS_DIR } from './paths.ts';
import { containerOf, type Pod } from './pod-types.ts';
import { textTemplate, yamlTemplate } from './template.ts';
import { canonicalYaml } from './yaml.ts';

export const BALANCER_CONFIG = '/etc/kubernetes/kubewright/haproxy.cfg';
export const BALANCER_MANIFEST = `${MANIFESTS_DIR}/haproxy.yaml`;

/** A worker's balancer: every API server of the cluster behind the port of one, on loopback. */
export function balancerFiles(spec: ClusterSpec, node: NodeSpec): { config: HostFile; manifest: HostFile } {
  const config = { path: BALANCER_CONFIG, mode: 0o644, content: configOf(spec, node) };
  return { config, manifest: manifestOf(spec, config.content) };
}

function configOf(spec: ClusterSpec, node: NodeSpec): string {
  const { port } = spec.endpoint;
  const servers = reachableControlPlanes(spec).map(
    ({ name, address }) => `  server ${name} ${hostPort(address, port)}`,
  );
  return textTemplate('config/haproxy.cfg', {
    address: hostPort(loopback(node), port),
    servers: servers.join('\n'),
    healthPort: String(balancerHealthPort()),
  });
}

/** On loopback: 200 at /healthz while it works. */
export function balancerHealthPort(): number {
  return containerOf(yamlTemplate<Pod>('static-pods/haproxy.yaml').spec).ports![0]!.containerPort;
}

/** The kubelet starts the pod anew only when its manifest changes. */
function manifestOf(spec: ClusterSpec, config: string): HostFile {
  const pod = yamlTemplate<Pod>('static-pods/haproxy.yaml');
  containerOf(pod.spec).image = imageReferences(spec).haproxy;
  const hash = createHash('sha256').update(config).digest('hex').slice(0, 16);
  pod.metadata.annotations = { ...pod.metadata.annotations, 'kubewright.dev/config': hash };
  const content = canonicalYaml({ ...pod, status: {} });
  return { path: BALANCER_MANIFEST, mode: 0o600, content };
}
