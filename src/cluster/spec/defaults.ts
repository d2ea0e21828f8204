import { defaultHooks, defaultSections } from './default-sections.ts';
import { isDnsLabel } from './names.ts';
import type { ClusterSpec, ComponentVersions, NodeSpec, NodeSpecInput } from './types.ts';

/** The Kubernetes version that this kubewright installs where nobody asks for another. */
export const KUBERNETES_VERSION = 'v1.37.2';
/** Minor versions that its manifests are right for. */
export const SUPPORTED_MINORS = [37] as const;

/** kubeadm 1.37 has etcd 3.7.0-0; 3.7.3 is what components/etcd builds (docs/adr, test/golden/allowlist.yaml). */
export const COMPONENT_VERSIONS: ComponentVersions = {
  etcd: '3.7.3-0',
  coredns: 'v1.14.6',
  pause: '3.10.2',
  flannel: 'v0.26.7',
};

export const API_SERVER_PORT = 6443;

/** Everything that a user may leave out; kubeadm's values where it has them. */
export function defaultSpec(name = 'kubernetes'): ClusterSpec {
  return {
    name,
    kubernetesVersion: KUBERNETES_VERSION,
    networking: {
      podSubnet: '10.244.0.0/16',
      serviceSubnet: '10.96.0.0/12',
      dnsDomain: 'cluster.local',
      cni: 'flannel',
    },
    // A wrong name is told once, as the name.
    endpoint: { name: `${isDnsLabel(name) ? name : 'unnamed'}.kubewright.internal`, port: API_SERVER_PORT },
    encryptionAlgorithm: 'ECDSA-P256',
    certificateValidity: '8760h',
    caCertificateValidity: '87600h',
    imageRepository: 'registry.k8s.io',
    components: { ...COMPONENT_VERSIONS },
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
    labels: {},
    environment: {},
    ...input,
    hooks: { ...defaultHooks(), ...input.hooks },
  };
}
