import { KubewrightError } from '../../base/errors.ts';
import { defaultNode } from '../spec/defaults.ts';
import type { ClusterSpec, ConfigOverrides, NodeSpec } from '../spec/types.ts';
import { kubeProxyConfig } from './addons.ts';
import { kubeadmConfig } from './bootstrap.ts';
import { clusterKubeletConfig } from './kubelet.ts';
import { yamlTemplate } from './template.ts';
import { orderedYaml } from './yaml.ts';

/** The documents with which `kubeadm init` would make this cluster's first control plane. */
export function kubeadmText(spec: ClusterSpec, node: NodeSpec | undefined): string {
  const documents = [
    initConfig(spec, node),
    kubeadmConfig(spec),
    clusterKubeletConfig(spec),
    kubeProxyConfig(spec),
  ];
  return documents.map((document) => orderedYaml(document)).join('---\n');
}

/** The host that such a file is for: the one of that name, else the first control plane. */
export function kubeadmHost({ hosts }: ClusterSpec, name: string | undefined): NodeSpec | undefined {
  const controlPlanes = hosts.filter(({ role }) => role === 'control-plane');
  if (name === undefined) return controlPlanes[0];
  if (hosts.length === 0) return defaultNode({ name, role: 'control-plane' });
  const found = controlPlanes.find((host) => host.name === name);
  if (found) return found;
  throw new KubewrightError({
    code: 'HostNotInFile',
    message: `The file has no control plane ${name}.`,
    hint: `Its control planes: ${controlPlanes.map((host) => host.name).join(', ') || 'none'}.`,
    exit: 'invalidInput',
  });
}

function initConfig(spec: ClusterSpec, node: NodeSpec | undefined): ConfigOverrides {
  return {
    ...yamlTemplate<ConfigOverrides>('config/kubeadm-init.yaml'),
    localAPIEndpoint: {
      ...(node?.address ? { advertiseAddress: node.address } : {}),
      bindPort: spec.endpoint.port,
    },
    ...(node ? { nodeRegistration: registration(node) } : {}),
    timeouts: spec.timeouts,
  };
}

function registration(node: NodeSpec): ConfigOverrides {
  const labels = Object.entries(node.labels).map(([key, value]) => `${key}=${value}`);
  const args = Object.entries({
    ...(node.nodeAddress ? { 'node-ip': node.nodeAddress } : {}),
    ...(labels.length > 0 ? { 'node-labels': labels.join(',') } : {}),
    ...node.kubeletExtraArgs,
  });
  const kubeletExtraArgs = args.flatMap(([name, value]) =>
    [value].flat().map((each) => ({ name, value: each })),
  );
  return {
    name: node.name,
    ignorePreflightErrors: node.ignorePreflightErrors,
    kubeletExtraArgs,
    ...(node.taints ? { taints: node.taints } : {}),
  };
}
