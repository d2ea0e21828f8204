import { parse } from 'yaml';
import { KubewrightError } from '../../base/errors.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import { securityOff } from '../spec/default-sections.ts';
import { defaultSpec } from '../spec/defaults.ts';
import { resolveSpec } from '../spec/resolve.ts';
import type { ClusterSpec, ConfigOverrides } from '../spec/types.ts';
import type { ClusterInfo } from './kubeconfig.ts';

/** kubeadm's ClusterConfiguration, as far as a worker is made from it. */
interface ClusterConfiguration {
  clusterName?: string;
  kubernetesVersion?: string;
  imageRepository?: string;
  networking?: { podSubnet?: string; serviceSubnet?: string; dnsDomain?: string };
}

/**
 * A cluster that kubewright has no record of, from what kubeadm keeps in it for joining nodes. Its pod network is its
 * owner's: the CNI configuration comes with that network's own pods.
 */
export async function kubeadmSpec(api: ApiClient, info: ClusterInfo): Promise<ClusterSpec> {
  const [cluster, kubelet] = await Promise.all([
    configuration<ClusterConfiguration>(api, 'kubeadm-config', 'ClusterConfiguration'),
    configuration<ConfigOverrides>(api, 'kubelet-config', 'kubelet'),
  ]);
  const { apiVersion: _, kind: __, ...fields } = kubelet;
  const { hostname, port } = new URL(info.server);
  const { networking } = defaultSpec();
  return resolveSpec({
    name: cluster.clusterName,
    kubernetesVersion: cluster.kubernetesVersion,
    imageRepository: cluster.imageRepository,
    networking: {
      // None is allowed there; a worker itself has no use for it.
      podSubnet: cluster.networking?.podSubnet || networking.podSubnet,
      serviceSubnet: cluster.networking?.serviceSubnet || networking.serviceSubnet,
      dnsDomain: cluster.networking?.dnsDomain || networking.dnsDomain,
      cni: 'none',
    },
    endpoint: {
      name: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 443),
      balancer: 'external',
    },
    kubelet: fields,
    security: securityOff(),
  });
}

async function configuration<T>(api: ApiClient, name: string, key: string): Promise<T> {
  const path = `/api/v1/namespaces/kube-system/configmaps/${name}`;
  const { body } = await api.request<KubeObject & { data?: Record<string, string> }>({ path });
  const value: unknown = parse(body.data?.[key] ?? '');
  if (typeof value === 'object' && value !== null) return value as T;
  throw new KubewrightError({
    code: 'NoClusterConfiguration',
    message: `ConfigMap kube-system/${name} of ${api.server} does not hold "${key}" as kubeadm writes it.`,
    hint: 'Its owner can write it anew: kubeadm init phase upload-config all, on a control plane.',
    exit: 'failure',
  });
}
