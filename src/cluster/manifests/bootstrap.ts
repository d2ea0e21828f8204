import { createHash } from 'node:crypto';
import type { KubeObject } from '../../kube/port.ts';
import { etcdClientPaths } from '../pki/etcd-client.ts';
import { defaultNode } from '../spec/defaults.ts';
import { durationMs, formatDuration } from '../spec/duration.ts';
import { hostPort } from '../spec/node.ts';
import type { ExternalEtcdSpec } from '../spec/sections.ts';
import type { ClusterSpec, ConfigOverrides, NodeSpec } from '../spec/types.ts';
import { clusterKubeletConfig } from './kubelet.ts';
import { kubeletSecurity } from './security.ts';
import { componentExtras } from './static-pods/extras.ts';
import type { StaticPodName } from './static-pods/types.ts';
import { objectOf, objectTemplates, yamlTemplate } from './template.ts';
import { canonicalYaml } from './yaml.ts';

export interface BootstrapOptions {
  /** PEM of the cluster's CA. */
  ca: string;
  /** What cluster-info tells those who want to join: an API server's URL that they can reach. */
  server: string;
  /** The control planes have an EncryptionConfiguration; by default where Secrets are to be encrypted. */
  encryption?: boolean;
}

/** What `kubeadm init` uploads besides the addons: configuration, cluster-info and the rights to read and join. */
export function bootstrapObjects(spec: ClusterSpec, options: BootstrapOptions): KubeObject[] {
  const kubeadm = objectTemplates('addons/kubeadm-config.yaml');
  objectOf(kubeadm, 'ConfigMap').data = { ClusterConfiguration: canonicalYaml(kubeadmConfig(spec, options)) };

  const kubelet = objectTemplates('addons/kubelet-config.yaml');
  const kubeletMap = objectOf(kubelet, 'ConfigMap');
  const kubeletText = canonicalYaml(clusterKubeletConfig(spec));
  kubeletMap.data = { kubelet: kubeletText };
  // kubeadm replaces configuration by its own on upgrades where this shows that it is its own.
  if (Object.keys({ ...kubeletSecurity(spec), ...spec.kubelet, ...spec.featureGates }).length === 0) {
    const hash = createHash('sha256').update(kubeletText).digest('hex');
    kubeletMap.metadata.annotations = { 'kubeadm.kubernetes.io/component-config.hash': `sha256:${hash}` };
  }

  const info = objectTemplates('addons/cluster-info.yaml');
  objectOf(info, 'ConfigMap').data = { kubeconfig: clusterInfoKubeconfig(options) };
  return [...objectTemplates('addons/bootstrap-rbac.yaml'), ...kubeadm, ...kubelet, ...info];
}

/** ClusterConfiguration (v1beta4), so that kubeadm works on the cluster too. */
export function kubeadmConfig(
  spec: ClusterSpec,
  options: Pick<BootstrapOptions, 'encryption'> = {},
): ConfigOverrides {
  const base = yamlTemplate<ConfigOverrides>('config/kubeadm-config.yaml');
  const { podSubnet, serviceSubnet, dnsDomain } = spec.networking;
  const component = (name: StaticPodName) => componentExtras(name, spec, firstControlPlane(spec), options);
  const { dataDir, serverCertSANs, peerCertSANs } = spec.etcd;
  return {
    ...base,
    apiServer: { ...component('kube-apiserver'), ...filled({ certSANs: spec.certSANs }) },
    caCertificateValidityPeriod: formatDuration(durationMs(spec.caCertificateValidity)),
    certificateValidityPeriod: formatDuration(durationMs(spec.certificateValidity)),
    clusterName: spec.name,
    controlPlaneEndpoint: hostPort(spec.endpoint.name, spec.endpoint.port),
    encryptionAlgorithm: spec.encryptionAlgorithm,
    controllerManager: component('kube-controller-manager'),
    dns: spec.addons.coredns.enabled ? {} : { disabled: true },
    etcd: spec.etcd.external
      ? { external: externalEtcd(spec.etcd.external) }
      : {
          local: {
            ...component('etcd'),
            ...filled({ serverCertSANs, peerCertSANs }),
            dataDir,
            imageTag: spec.components.etcd,
          },
        },
    imageRepository: spec.imageRepository,
    kubernetesVersion: spec.kubernetesVersion,
    networking: { dnsDomain, podSubnet, serviceSubnet },
    proxy: spec.addons.kubeProxy.enabled ? {} : { disabled: true },
    scheduler: component('kube-scheduler'),
  };
}

/** kubeadm writes the endpoints for HTTP down in any case (v1beta4/defaults.go). */
function externalEtcd(external: ExternalEtcdSpec): ConfigOverrides {
  const { endpoints, httpEndpoints } = external;
  const { ca, cert, key } = etcdClientPaths(external);
  return {
    caFile: ca,
    certFile: cert,
    endpoints,
    httpEndpoints: httpEndpoints.length > 0 ? httpEndpoints : endpoints,
    keyFile: key,
  };
}

function filled<T extends Record<string, readonly unknown[]>>(lists: T): Partial<T> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)) as Partial<T>;
}

/** Nothing of what is written differs between them. */
function firstControlPlane(spec: ClusterSpec): NodeSpec {
  return (
    spec.hosts.find(({ role }) => role === 'control-plane') ??
    defaultNode({ name: 'control-plane', role: 'control-plane', address: '127.0.0.1' })
  );
}

/** A kubeconfig of one cluster without a name, as discovery reads it. */
function clusterInfoKubeconfig({ ca, server }: BootstrapOptions): string {
  return canonicalYaml({
    apiVersion: 'v1',
    clusters: [
      { cluster: { 'certificate-authority-data': Buffer.from(ca).toString('base64'), server }, name: '' },
    ],
    contexts: null,
    'current-context': '',
    kind: 'Config',
    users: null,
  });
}
