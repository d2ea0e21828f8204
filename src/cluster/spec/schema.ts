import { z } from 'zod';
import { isAddress } from './cidr.ts';
import { isDnsLabel, isDnsSubdomain, isLabelValue, isQualifiedName } from './names.ts';
import {
  cidrs,
  duration,
  environment,
  fields,
  port,
  reference,
  subdomain,
  subjectAltName,
  tag,
  text,
  version,
} from './schema-fields.ts';
import {
  addons,
  artifacts,
  component,
  etcd,
  featureGates,
  hooks,
  patch,
  proxy,
  registry,
  scheduler,
  security,
  timeouts,
} from './schema-sections.ts';
import { CNI_NAMES, ENCRYPTION_ALGORITHMS, NODE_ROLES } from './types.ts';

const taint = z.strictObject({
  key: text(isQualifiedName, 'must be a name such as example.com/dedicated'),
  value: text(isLabelValue, 'must be at most 63 letters, digits, "-", "_" or "."').optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});

const node = z.strictObject({
  name: subdomain,
  role: z.enum(NODE_ROLES),
  address: text((value) => value === '' || isAddress(value), 'must be an IP address'),
  nodeAddress: text(
    (value) => value.split(',').every(isAddress) && value.split(',').length <= 2,
    'must be an IP address, or one of each family with a comma between them',
  ).optional(),
  target: z.string().min(1).optional(),
  ignorePreflightErrors: z.array(z.string()),
  kubelet: fields,
  taints: z.array(taint).optional(),
  labels: z.record(
    text(isQualifiedName, 'must be a name such as example.com/rack'),
    text(isLabelValue, 'must be at most 63 letters, digits, "-", "_" or "."'),
  ),
  environment,
  hooks,
});

/** The whole specification, each field by itself; what has to fit together is in validate.ts. */
export const clusterSpecSchema = z.strictObject({
  name: text(isDnsLabel, 'must be a DNS label: 1 to 63 lower-case letters, digits or "-" (RFC 1123)'),
  kubernetesVersion: version,
  networking: z.strictObject({
    podSubnet: cidrs,
    serviceSubnet: cidrs,
    dnsDomain: subdomain,
    cni: z.enum(CNI_NAMES),
  }),
  endpoint: z.strictObject({
    name: text((value) => isDnsSubdomain(value) || isAddress(value), 'must be a DNS name or an IP address'),
    port,
  }),
  encryptionAlgorithm: z.enum(ENCRYPTION_ALGORITHMS),
  certificateValidity: duration,
  caCertificateValidity: duration,
  imageRepository: reference,
  components: z.strictObject({ etcd: tag, coredns: tag, pause: tag, flannel: tag }),
  hosts: z.array(node),
  kubelet: fields,
  kubeProxy: fields,
  apiServer: component,
  controllerManager: component,
  scheduler,
  etcd,
  featureGates,
  addons,
  patches: z.array(patch),
  proxy,
  registries: z.array(registry),
  timeouts,
  security,
  artifacts,
  restrictOomScoreAdj: z.boolean(),
  extraImages: z.array(reference),
  certSANs: z.array(subjectAltName),
});
