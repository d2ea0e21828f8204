import semver from 'semver';
import { defaultHooks, defaultSections } from './default-sections.ts';
import { isDnsLabel } from './names.ts';
import type { ClusterSpec, ComponentVersions, NodeSpec, NodeSpecInput } from './types.ts';

/** The Kubernetes version that this kubewright installs where nobody asks for another. */
export const KUBERNETES_VERSION = 'v1.37.2';
/** Minor versions that its manifests are right for. */
export const SUPPORTED_MINORS = [36, 37] as const;

/** Long-term support, and what Debian 12 has. */
export const HAPROXY = '2.6.12';

/**
 * By minor version of Kubernetes, as kubeadm has them, but for etcd: kubeadm 1.37 has 3.7.0-0 and 1.36 has 3.6.8-0;
 * here it is the newest patch of the same minor, which is what components/ builds (test/golden/allowlist.yaml).
 */
const COMPONENT_VERSIONS: Record<(typeof SUPPORTED_MINORS)[number], ComponentVersions> = {
  36: { etcd: '3.6.16-0', coredns: 'v1.14.2', pause: '3.10.2', flannel: 'v0.26.7', haproxy: HAPROXY },
  37: { etcd: '3.7.3-0', coredns: 'v1.14.6', pause: '3.10.2', flannel: 'v0.26.7', haproxy: HAPROXY },
};

/** Of a version that is not one, or not supported: the newest; what is wrong is told once, as the version. */
function componentVersions(kubernetesVersion: string): ComponentVersions {
  const minor = semver.coerce(kubernetesVersion)?.minor;
  const known = SUPPORTED_MINORS.find((supported) => supported === minor);
  return { ...COMPONENT_VERSIONS[known ?? 37] };
}

/** kubeadm's. */
export const DEFAULT_CLUSTER_NAME = 'kubernetes';

export const API_SERVER_PORT = 6443;

/** Everything that a user may leave out; kubeadm's values where it has them. */
export function defaultSpec(
  name = DEFAULT_CLUSTER_NAME,
  kubernetesVersion = KUBERNETES_VERSION,
): ClusterSpec {
  return {
    name,
    kubernetesVersion,
    networking: {
      podSubnet: '10.244.0.0/16',
      serviceSubnet: '10.96.0.0/12',
      dnsDomain: 'cluster.local',
      cni: 'flannel',
    },
    // A wrong name is told once, as the name.
    endpoint: {
      name: `${isDnsLabel(name) ? name : 'unnamed'}.kubewright.internal`,
      port: API_SERVER_PORT,
      balancer: 'node',
    },
    encryptionAlgorithm: 'ECDSA-P256',
    certificateValidity: '8760h',
    caCertificateValidity: '87600h',
    imageRepository: 'registry.k8s.io',
    components: componentVersions(kubernetesVersion),
    hosts: [],
    kubelet: {},
    kubeProxy: {},
    ...defaultSections(),
    restrictOomScoreAdj: false,
    extraImages: [],
    certSANs: [],
  };
}

export function defaultNode(input: NodeSpecInput): NodeSpec {
  return {
    role: 'worker',
    address: '',
    ignorePreflightErrors: [],
    kubelet: {},
    kubeletExtraArgs: {},
    labels: {},
    environment: {},
    ...input,
    hooks: { ...defaultHooks(), ...input.hooks },
  };
}
