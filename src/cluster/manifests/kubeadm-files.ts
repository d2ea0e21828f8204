import type { ClusterSpec, ConfigOverrides, NodeSpec } from '../spec/types.ts';
import { kubeProxyConfig } from './addons.ts';
import { kubeadmConfig } from './bootstrap.ts';
import { clusterKubeletConfig } from './kubelet.ts';
import { yamlTemplate } from './template.ts';
import { orderedYaml } from './yaml.ts';

/** The documents with which `kubeadm init` would make this cluster's first control plane. */
export function kubeadmText(spec: ClusterSpec): string {
  const documents = [
    initConfig(spec),
    kubeadmConfig(spec),
    clusterKubeletConfig(spec),
    kubeProxyConfig(spec),
  ];
  return documents.map((document) => orderedYaml(document)).join('---\n');
}

function initConfig(spec: ClusterSpec): ConfigOverrides {
  const node = spec.hosts.find(({ role }) => role === 'control-plane');
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
