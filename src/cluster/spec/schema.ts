import semver from 'semver';
import { z } from 'zod';
import { isAddress, parseCidrs } from './cidr.ts';
import { SUPPORTED_MINORS } from './defaults.ts';
import { parseDuration } from './duration.ts';
import { isDnsLabel, isDnsSubdomain, isLabelValue, isQualifiedName, isSubjectAltName } from './names.ts';
import { CNI_NAMES, ENCRYPTION_ALGORITHMS, NODE_ROLES } from './types.ts';

const text = (test: (value: string) => boolean, message: string) => z.string().refine(test, message);

const cidrs = text(
  (value) => parseCidrs(value) !== undefined,
  'must be an address range such as 10.244.0.0/16, or two of different families with a comma between them',
);
const duration = text(
  (value) => parseDuration(value) !== undefined,
  'must be a duration above zero such as 8760h',
);
const port = z.int().min(1, 'must be a port from 1 to 65535').max(65535, 'must be a port from 1 to 65535');
const tag = text((value) => /^\w[\w.-]{0,127}$/.test(value), 'must be an image tag');
const reference = text(
  (value) => /^[a-z0-9][a-zA-Z0-9./:_@-]*$/.test(value),
  'must be an image reference such as registry.example.com/team/app:v1',
);
const subdomain = text(
  isDnsSubdomain,
  'must be a DNS name of lower-case letters, digits, "-" and "." (RFC 1123), at most 253 characters',
);
const version = z
  .string()
  .transform((value) => `v${value.replace(/^v/, '')}`)
  .refine((value) => semver.valid(value) !== null, 'must be a version such as v1.37.2')
  .refine(
    (value) => semver.valid(value) === null || supported(value),
    `must be of a minor version that this kubewright knows: ${SUPPORTED_MINORS.map((minor) => `1.${minor}`).join(', ')}`,
  );

function supported(value: string): boolean {
  return semver.major(value) === 1 && SUPPORTED_MINORS.some((minor) => semver.minor(value) === minor);
}

const taint = z.strictObject({
  key: text(isQualifiedName, 'must be a name such as example.com/dedicated'),
  value: text(isLabelValue, 'must be at most 63 letters, digits, "-", "_" or "."').optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});

const node = z.strictObject({
  name: subdomain,
  role: z.enum(NODE_ROLES),
  address: text((value) => value === '' || isAddress(value), 'must be an IP address'),
  target: z.string().min(1).optional(),
  ignorePreflightErrors: z.array(z.string()),
  kubelet: z.record(z.string(), z.unknown()),
  taints: z.array(taint).optional(),
  labels: z.record(
    text(isQualifiedName, 'must be a name such as example.com/rack'),
    text(isLabelValue, 'must be at most 63 letters, digits, "-", "_" or "."'),
  ),
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
  kubelet: z.record(z.string(), z.unknown()),
  kubeProxy: z.record(z.string(), z.unknown()),
  restrictOomScoreAdj: z.boolean(),
  extraImages: z.array(reference),
  certSANs: z.array(text(isSubjectAltName, 'must be a DNS name or an IP address')),
});
