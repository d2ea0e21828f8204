import { z } from 'zod';

// kubeadm.k8s.io/v1beta4 as in cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go of Kubernetes 1.37: its fields, and what
// kind of value each takes. What the values mean is looked at where they are converted.

const text = z.string().optional();
const texts = z.array(z.string()).optional();
const flag = z.boolean().optional();
const image = { imageRepository: text, imageTag: text };

const argument = z.strictObject({ name: z.string(), value: z.string() });
const args = z
  .array(argument)
  .meta({ examples: [[{ name: 'v', value: '2' }]] })
  .optional();
const envs = z
  .array(z.strictObject({ name: z.string(), value: text, valueFrom: z.unknown().optional() }))
  .optional();

const volume = z.strictObject({
  name: z.string(),
  hostPath: z.string(),
  mountPath: z.string(),
  readOnly: flag,
  pathType: text,
});

const component = { extraArgs: args, extraVolumes: z.array(volume).optional(), extraEnvs: envs };

const timeouts = z.strictObject({
  controlPlaneComponentHealthCheck: text,
  kubeletHealthCheck: text,
  kubernetesAPICall: text,
  etcdAPICall: text,
  tlsBootstrap: text,
  discovery: text,
  upgradeManifests: text,
});

const taint = z.strictObject({
  key: z.string(),
  value: text,
  effect: z.string(),
  timeAdded: z.unknown().optional(),
});

const nodeRegistration = z.strictObject({
  name: text,
  criSocket: text,
  taints: z.array(taint).optional(),
  kubeletExtraArgs: args,
  ignorePreflightErrors: texts,
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
  imagePullSerial: flag,
});

const endpoint = z.strictObject({ advertiseAddress: text, bindPort: z.int().optional() }).optional();

const everyRun = {
  apiVersion: z.string(),
  kind: z.string(),
  dryRun: flag,
  nodeRegistration: nodeRegistration.optional(),
  skipPhases: texts,
  patches: z.strictObject({ directory: text }).optional(),
  timeouts: timeouts.optional(),
};

const bootstrapToken = z.strictObject({
  token: text,
  description: text,
  ttl: text,
  expires: text,
  usages: texts,
  groups: texts,
});

export const initConfiguration = z.strictObject({
  ...everyRun,
  bootstrapTokens: z.array(bootstrapToken).optional(),
  localAPIEndpoint: endpoint,
  certificateKey: text,
});

export const joinConfiguration = z.strictObject({
  ...everyRun,
  caCertPath: text,
  discovery: z
    .strictObject({
      bootstrapToken: z
        .strictObject({
          token: text,
          apiServerEndpoint: text,
          caCertHashes: texts,
          unsafeSkipCAVerification: flag,
        })
        .optional(),
      file: z.strictObject({ kubeConfigPath: text }).optional(),
      tlsBootstrapToken: text,
    })
    .optional(),
  controlPlane: z.strictObject({ localAPIEndpoint: endpoint, certificateKey: text }).optional(),
});

export const clusterConfiguration = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  etcd: z
    .strictObject({
      local: z
        .strictObject({
          ...image,
          dataDir: text,
          extraArgs: args,
          extraEnvs: envs,
          serverCertSANs: texts,
          peerCertSANs: texts,
        })
        .optional(),
      external: z
        .strictObject({
          endpoints: texts,
          httpEndpoints: texts,
          caFile: text,
          certFile: text,
          keyFile: text,
        })
        .optional(),
    })
    .optional(),
  networking: z.strictObject({ serviceSubnet: text, podSubnet: text, dnsDomain: text }).optional(),
  kubernetesVersion: text,
  controlPlaneEndpoint: text,
  apiServer: z.strictObject({ ...component, certSANs: texts }).optional(),
  controllerManager: z.strictObject(component).optional(),
  scheduler: z.strictObject(component).optional(),
  dns: z.strictObject({ ...image, disabled: flag }).optional(),
  proxy: z.strictObject({ disabled: flag }).optional(),
  certificatesDir: text,
  imageRepository: text,
  featureGates: z.record(z.string(), z.boolean()).optional(),
  clusterName: text,
  encryptionAlgorithm: text,
  certificateValidityPeriod: text,
  caCertificateValidityPeriod: text,
});
