import type { Facts } from '../../host/port.ts';
import { DNS_SERVICE_INDEX, serviceIp } from '../spec/cidr.ts';
import { nodeTaints, taintText } from '../spec/node.ts';
import type { ClusterSpec, ConfigOverrides, NodeSpec } from '../spec/types.ts';
import { mergeConfig } from './merge.ts';
import { nodeIp } from './node-ip.ts';
import { applyPatches } from './patches/apply.ts';
import {
  CONTAINERD_ENDPOINT,
  type HostFile,
  KUBELET_CONFIG,
  KUBELET_FLAGS,
  KUBELET_INSTANCE_CONFIG,
} from './paths.ts';
import { kubeletSecurity } from './security.ts';
import { textTemplate, yamlTemplate } from './template.ts';
import { canonicalYaml } from './yaml.ts';

type KubeletFacts = Pick<Facts, 'hostname' | 'cgroupVersion' | 'init' | 'features'> &
  Partial<Pick<Facts, 'addresses'>>;

/** KubeletConfiguration as the whole cluster shares it (ConfigMap kubelet-config), the user's fields over ours. */
export function clusterKubeletConfig(spec: ClusterSpec): ConfigOverrides {
  const ours = {
    ...yamlTemplate<ConfigOverrides>('config/kubelet.yaml'),
    clusterDNS: [serviceIp(spec.networking.serviceSubnet, DNS_SERVICE_INDEX)],
    clusterDomain: spec.networking.dnsDomain,
    ...gates(spec),
  };
  return mergeConfig({ ...ours, ...kubeletSecurity(spec) }, spec.kubelet);
}

/** An empty map is left out, as kubeadm leaves it out. */
export function gates(spec: ClusterSpec): { featureGates?: Record<string, boolean> } {
  return Object.keys(spec.featureGates).length > 0 ? { featureGates: spec.featureGates } : {};
}

/**
 * The driver that kubelet and containerd agree on: what the user set, systemd where it manages cgroup v2, cgroupfs
 * elsewhere.
 */
export function cgroupDriver(
  spec: Pick<ClusterSpec, 'kubelet'>,
  node: Pick<NodeSpec, 'kubelet'>,
  facts: Pick<Facts, 'cgroupVersion' | 'init'>,
): 'systemd' | 'cgroupfs' {
  const set = node.kubelet.cgroupDriver ?? spec.kubelet.cgroupDriver;
  if (set === 'systemd' || set === 'cgroupfs') return set;
  return facts.cgroupVersion === 2 && facts.init === 'systemd' ? 'systemd' : 'cgroupfs';
}

/** /var/lib/kubelet/config.yaml: the cluster's configuration with what holds on this host only. */
export function kubeletConfig(spec: ClusterSpec, node: NodeSpec, facts: KubeletFacts): HostFile {
  const instance = {
    containerRuntimeEndpoint: CONTAINERD_ENDPOINT,
    cgroupDriver: cgroupDriver(spec, node, facts),
    // The kubelet refuses cgroup v1 by default; preflight asks before a host comes this far with it.
    ...(facts.cgroupVersion === 1 ? { failCgroupV1: false } : {}),
    // systemd-resolved's stub on 127.0.0.53 would be a loop for CoreDNS.
    ...(facts.features.systemdResolved ? { resolvConf: '/run/systemd/resolve/resolv.conf' } : {}),
  };
  const content = mergeConfig(mergeConfig(clusterKubeletConfig(spec), instance), node.kubelet);
  const patched = applyPatches('kubeletconfiguration', content, spec);
  return { path: KUBELET_CONFIG, mode: 0o600, content: canonicalYaml(patched) };
}

/**
 * Flags that have no field in KubeletConfiguration. `--node-ip` keeps the kubelet on the address that the host was
 * given, and taints stand from the first moment on, where kubeadm sets them on a control plane afterwards.
 */
export function kubeletFlagsEnv(
  spec: ClusterSpec,
  node: NodeSpec,
  facts: Pick<KubeletFacts, 'hostname' | 'addresses'>,
): HostFile {
  const taints = nodeTaints(node).map(taintText).join(',');
  const named: Record<string, string | string[]> = {
    ...(facts.hostname.toLowerCase() === node.name ? {} : { 'hostname-override': node.name }),
    'node-ip': nodeIp(spec, node, facts),
    ...(taints ? { 'register-with-taints': taints } : {}),
    ...node.kubeletExtraArgs,
  };
  const flags = Object.keys(named)
    .sort()
    .flatMap((name) => [named[name]!].flat().map((value) => `--${name}=${value}`));
  return { path: KUBELET_FLAGS, mode: 0o644, content: `KUBELET_KUBEADM_ARGS="${flags.join(' ')}"\n` };
}

export function kubeletInstanceConfig(): HostFile {
  const content = textTemplate('config/instance-config.yaml', { endpoint: CONTAINERD_ENDPOINT });
  return { path: KUBELET_INSTANCE_CONFIG, mode: 0o644, content };
}

/** Everything that the kubelet reads at its start, but for its kubeconfig. */
export function kubeletFiles(spec: ClusterSpec, node: NodeSpec, facts: KubeletFacts): HostFile[] {
  return [kubeletFlagsEnv(spec, node, facts), kubeletInstanceConfig(), kubeletConfig(spec, node, facts)];
}
