import { z } from 'zod';
import { isAddress } from './cidr.ts';
import { nameHint } from './field-hints.ts';
import { isDnsLabel, isDnsSubdomain } from './names.ts';
import { component, etcd, featureGates, patch, scheduler } from './schema-components.ts';
import {
  cidrs,
  duration,
  fields,
  port,
  reference,
  subdomain,
  subjectAltName,
  tag,
  text,
  version,
} from './schema-fields.ts';
import { node } from './schema-node.ts';
import { addons, artifacts, proxy, registry, timeouts } from './schema-sections.ts';
import { security } from './schema-security.ts';
import { BALANCERS, CNI_NAMES, ENCRYPTION_ALGORITHMS } from './types.ts';

const networking = z.strictObject({
  podSubnet: cidrs.describe('Addresses of pods: one range, or one of IPv4 and one of IPv6 with a comma.'),
  serviceSubnet: cidrs.describe('Addresses of services, in the same way.'),
  dnsDomain: subdomain.describe("The cluster's own DNS domain."),
  cni: z.enum(CNI_NAMES).describe('Pod network; `none`: you install one.'),
});

const endpoint = z.strictObject({
  name: text(
    (value) => isDnsSubdomain(value) || isAddress(value),
    'must be a DNS name or an IP address',
    (value) => (/:\d+$/.test(value) ? 'the port goes into endpoint.port' : nameHint(value)),
  ).describe(
    'Name of the API server in certificates and configuration; on the hosts /etc/hosts makes it an address.',
  ),
  port: port.describe('Port of the API server.'),
  balancer: z
    .enum(BALANCERS)
    .describe(
      'How workers reach the API servers. `node`: by a balancer on each worker; `external`: by what the name resolves to, a load balancer of yours; `none`: the first control plane alone.',
    ),
});

const components = z.strictObject({
  etcd: tag.describe('Tag of the etcd image.'),
  coredns: tag.describe('Tag of the CoreDNS image.'),
  pause: tag.describe('Tag of the pause image.'),
  flannel: tag.describe('Tag of the flannel image.'),
  haproxy: tag.describe('Tag of the haproxy image.'),
});

/** The whole specification, each field by itself; what has to fit together is in validate.ts. */
export const clusterSpecSchema = z.strictObject({
  name: text(
    isDnsLabel,
    'must be a DNS label: 1 to 63 lower-case letters, digits or "-" (RFC 1123)',
    nameHint,
  ).describe('Name of the cluster.'),
  kubernetesVersion: version.describe('Version of Kubernetes.'),
  networking: networking.describe('Networks of the cluster.'),
  endpoint: endpoint.describe('The API server as all nodes know it.'),
  encryptionAlgorithm: z.enum(ENCRYPTION_ALGORITHMS).describe('Kind of every private key.'),
  certificateValidity: duration.describe('How long certificates are valid.'),
  caCertificateValidity: duration.describe('How long certificate authorities are valid.'),
  imageRepository: reference.describe('Where the images of Kubernetes itself are.'),
  components: components.describe('Versions that do not follow from kubernetesVersion alone.'),
  hosts: z
    .array(node)
    .describe('The hosts, by name. One that the cluster has and the file does not stays in the cluster.'),
  kubelet: fields.describe('Fields of KubeletConfiguration for every node, over those of kubewright.'),
  kubeProxy: fields.describe('Fields of KubeProxyConfiguration, over those of kubewright.'),
  apiServer: component.describe('kube-apiserver.'),
  controllerManager: component.describe('kube-controller-manager.'),
  scheduler: scheduler.describe('kube-scheduler.'),
  etcd: etcd.describe('etcd.'),
  featureGates: featureGates.describe('Feature gates of every component of Kubernetes.'),
  addons: addons.describe('What kubewright installs into the cluster.'),
  patches: z.array(patch).describe("Changes after everything else, in this order, in kubeadm's way."),
  proxy: proxy.describe('Proxy of containerd, kubelet and static pods.'),
  registries: z.array(registry).describe('How containerd reaches registries.'),
  timeouts: timeouts.describe('How long is waited.'),
  security: security.describe('What would be costly to change later.'),
  artifacts: artifacts.describe('Where binaries and images come from.'),
  restrictOomScoreAdj: z
    .boolean()
    .describe('For machines without CAP_SYS_RESOURCE: containerd does not lower oom_score_adj.'),
  extraImages: z.array(reference).describe('Images that are brought to every host beside those it needs.'),
  certSANs: z.array(subjectAltName).describe("Further names and addresses in the API server's certificate."),
});
