import { z } from 'zod';
import { isDnsLabel } from './names.ts';
import { absolutePath, duration, environment, fields, subjectAltName, text, url } from './schema-fields.ts';
import {
  ANONYMOUS_ACCESS,
  ARTIFACT_DELIVERIES,
  ARTIFACT_SOURCES,
  ENCRYPTION_PROVIDERS,
  HOST_PATH_TYPES,
  PATCH_TARGETS,
  PATCH_TYPES,
  TLS_VERSIONS,
} from './sections.ts';

const count = z.int().min(0, 'must be zero or more');

export const featureGates = z.record(
  text((value) => /^[A-Z][A-Za-z0-9]*$/.test(value), 'must be the name of a feature gate such as NodeSwap'),
  z.boolean(),
);

const volume = z.strictObject({
  name: text(isDnsLabel, 'must be a DNS label'),
  hostPath: absolutePath,
  mountPath: absolutePath,
  readOnly: z.boolean().default(true),
  pathType: z.enum(HOST_PATH_TYPES).default(''),
});

const componentFields = {
  extraArgs: z.record(
    text((value) => /^[a-z][a-z0-9-]*$/.test(value), 'must be the name of a flag without its dashes'),
    z.union([z.string(), z.array(z.string())], 'must be a string or a list of strings'),
  ),
  environment,
  volumes: z.array(volume),
  featureGates,
};

export const component = z.strictObject(componentFields);
export const scheduler = z.strictObject({ ...componentFields, config: fields });
export const etcd = z.strictObject({
  ...componentFields,
  dataDir: absolutePath,
  serverCertSANs: z.array(subjectAltName),
  peerCertSANs: z.array(subjectAltName),
});

const addon = z.strictObject({ enabled: z.boolean() });
export const addons = z.strictObject({ coredns: addon, kubeProxy: addon });

export const patch = z.strictObject({
  target: z.enum(PATCH_TARGETS),
  type: z.enum(PATCH_TYPES).default('strategic'),
  patch: z.union([fields, z.array(fields)], 'must be a map, or a list of operations for type json'),
});

export const proxy = z.strictObject({
  http: z.union([z.literal(''), url]),
  https: z.union([z.literal(''), url]),
  noProxy: z.array(z.string().min(1, 'must not be empty')),
});

export const registry = z.strictObject({
  host: text(
    (value) => value === '_default' || /^[a-z0-9][a-z0-9.-]*(:\d+)?$/.test(value),
    'must be a registry such as docker.io or registry.example.com:5000, or "_default"',
  ),
  mirrors: z.array(z.strictObject({ url, overridePath: z.boolean().default(false) })).default([]),
  ca: text((value) => value.includes('-----BEGIN CERTIFICATE-----'), 'must be PEM').optional(),
  skipVerify: z.boolean().default(false),
  credentials: z
    .strictObject({
      username: z.string().min(1, 'must not be empty'),
      passwordFile: z.string().min(1).optional(),
      passwordEnv: z.string().min(1).optional(),
    })
    .optional(),
});

export const timeouts = z.strictObject({
  controlPlaneComponentHealthCheck: duration,
  kubeletHealthCheck: duration,
  kubernetesAPICall: duration,
  etcdAPICall: duration,
  tlsBootstrap: duration,
  discovery: duration,
});

export const security = z.strictObject({
  profiling: z.boolean(),
  tlsMinVersion: z.enum(TLS_VERSIONS),
  tlsCipherSuites: z.array(
    text((value) => /^TLS_[A-Z0-9_]+$/.test(value), 'must be an IANA name such as TLS_ECDHE_…'),
  ),
  anonymousAccess: z.enum(ANONYMOUS_ACCESS),
  kubeletServingCertificates: z.enum(['cluster-ca', 'self-signed']),
  audit: z.strictObject({
    enabled: z.boolean(),
    policy: fields.optional(),
    maxAgeDays: count,
    maxBackups: count,
    maxSizeMegabytes: z.int().min(1, 'must be one or more'),
  }),
  encryptSecrets: z.enum(ENCRYPTION_PROVIDERS),
});

export const artifacts = z.strictObject({
  source: z.enum(ARTIFACT_SOURCES),
  mirror: z.union([z.literal(''), url]),
  delivery: z.enum(ARTIFACT_DELIVERIES),
});

const commands = z.array(z.string().min(1, 'must not be empty'));
export const hooks = z.strictObject({
  beforeJoin: commands,
  afterJoin: commands,
  beforeUpgrade: commands,
  afterUpgrade: commands,
  beforeReset: commands,
  afterReset: commands,
});
