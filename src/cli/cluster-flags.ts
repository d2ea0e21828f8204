import * as Flags from '@oclif/core/flags';
import { KubewrightError } from '../base/errors.ts';
import {
  ARTIFACT_DELIVERIES,
  ARTIFACT_SOURCES,
  type ArtifactDelivery,
  type ArtifactSource,
} from '../cluster/spec/sections.ts';
import type { ClusterSpecInput, CniName, EncryptionAlgorithm, NodeSpecInput } from '../cluster/spec/types.ts';
import { CNI_NAMES, ENCRYPTION_ALGORITHMS } from '../cluster/spec/types.ts';
import { lockFlags } from './flags.ts';

/** Where executables and images come from, and how they reach hosts. */
export const artifactFlags = {
  'artifacts-source': Flags.option({
    options: ARTIFACT_SOURCES,
    helpGroup: 'ARTIFACTS',
    description:
      'Where executables and images come from that are not in the cache; default auto: a download, or a build where upstream cannot be reached.',
  })(),
  'artifacts-mirror': Flags.string({
    helpGroup: 'ARTIFACTS',
    description: 'Base URL of a mirror of upstream, laid out as docs/artifacts.md says.',
  }),
  'artifacts-delivery': Flags.option({
    options: ARTIFACT_DELIVERIES,
    helpGroup: 'ARTIFACTS',
    description:
      'How hosts get them. upload: from here; download: each by itself; peer: from a host already served; default auto: peer where there are four hosts or more, else upload.',
  })(),
};

/** What a cluster is to be; names are kubeadm's where it has the same option. */
export const specFlags = {
  'cluster-name': Flags.string({
    helpGroup: 'CLUSTER',
    description: 'Name of the cluster; default "kubernetes".',
  }),
  'kubernetes-version': Flags.string({
    helpGroup: 'CLUSTER',
    description: 'Version to install: v1.37.2 (the default) or v1.36.3.',
  }),
  'pod-subnet': Flags.string({
    helpGroup: 'CLUSTER',
    aliases: ['pod-network-cidr'],
    description: 'Addresses of pods; default 10.244.0.0/16.',
  }),
  'service-subnet': Flags.string({
    helpGroup: 'CLUSTER',
    aliases: ['service-cidr'],
    description: 'Addresses of services; default 10.96.0.0/12.',
  }),
  'service-dns-domain': Flags.string({ helpGroup: 'CLUSTER', description: 'Default cluster.local.' }),
  cni: Flags.option({
    options: CNI_NAMES,
    helpGroup: 'CLUSTER',
    description: 'Pod network; default flannel.',
  })(),
  'encryption-algorithm': Flags.option({
    options: ENCRYPTION_ALGORITHMS,
    helpGroup: 'CLUSTER',
    description: 'Kind of all keys; default ECDSA-P256.',
  })(),
  'apiserver-cert-extra-sans': Flags.string({
    helpGroup: 'CLUSTER',
    description: "Further names and addresses in the API server's certificate, with commas.",
  }),
  'control-plane-endpoint': Flags.string({
    helpGroup: 'CLUSTER',
    description:
      'Name of the API server in certificates and configuration; default CLUSTER.kubewright.internal.',
  }),
  'apiserver-bind-port': Flags.integer({
    helpGroup: 'CLUSTER',
    min: 1,
    max: 65535,
    description: 'Port of every API server; default 6443.',
  }),
  'image-repository': Flags.string({ helpGroup: 'CLUSTER', description: 'Default registry.k8s.io.' }),
  ...artifactFlags,
  'feature-gates': Flags.string({
    helpGroup: 'CLUSTER',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    description: 'Feature gates of all Kubernetes components: NodeSwap=true,….',
  }),
  patches: Flags.string({
    helpGroup: 'CLUSTER',
    description: "Folder of patches in kubeadm's way: kube-apiserver0+merge.yaml.",
  }),
};

/** The same in a file; flags win over it. */
export const configFlag = {
  config: Flags.string({
    description:
      'Cluster file, or one of kubeadm (v1beta4), - for standard input; what flags say wins over it.',
  }),
};

/** Of the host that a command works on. */
export const nodeFlags = {
  name: Flags.string({ aliases: ['node-name'], description: "Name of the node; default the host's own." }),
  'advertise-address': Flags.string({
    aliases: ['apiserver-advertise-address'],
    description: 'Address of the host that others reach it by.',
  }),
};

/** Only what was given. */
export function nodeOf(flags: { name?: string; 'advertise-address'?: string }): Partial<NodeSpecInput> {
  const { name, 'advertise-address': address } = flags;
  return { ...(name === undefined ? {} : { name }), ...(address === undefined ? {} : { address }) };
}

/** For every workflow on hosts. */
export const workflowFlags = {
  ...lockFlags,
  'ignore-preflight-errors': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    description: 'Names of preflight checks whose findings are accepted, or "all".',
  }),
  'dry-run': Flags.boolean({ description: 'Show what would be changed, and change nothing.' }),
  timeout: Flags.integer({
    min: 1,
    description: "Seconds that any one thing is waited for; default the cluster's own time-outs.",
  }),
};

/** `--timeout` in milliseconds. */
export function waitOf(flags: { timeout?: number }): number | undefined {
  return flags.timeout === undefined ? undefined : flags.timeout * 1000;
}

export interface SpecFlagValues {
  'cluster-name'?: string;
  'kubernetes-version'?: string;
  'pod-subnet'?: string;
  'service-subnet'?: string;
  'service-dns-domain'?: string;
  cni?: CniName;
  'encryption-algorithm'?: EncryptionAlgorithm;
  'apiserver-cert-extra-sans'?: string;
  'control-plane-endpoint'?: string;
  'apiserver-bind-port'?: number;
  'image-repository'?: string;
  'artifacts-source'?: ArtifactSource;
  'artifacts-mirror'?: string;
  'artifacts-delivery'?: ArtifactDelivery;
  'feature-gates'?: string[];
}

/** Only what was given: the rest keeps its recorded value, or its default. */
export function specOf(flags: SpecFlagValues): ClusterSpecInput {
  const version = flags['kubernetes-version'];
  return {
    name: flags['cluster-name'],
    kubernetesVersion: version && !version.startsWith('v') ? `v${version}` : version,
    networking: {
      podSubnet: flags['pod-subnet'],
      serviceSubnet: flags['service-subnet'],
      dnsDomain: flags['service-dns-domain'],
      cni: flags.cni,
    },
    encryptionAlgorithm: flags['encryption-algorithm'],
    certSANs: flags['apiserver-cert-extra-sans']?.split(',').filter(Boolean),
    endpoint: endpointOf(flags['control-plane-endpoint'], flags['apiserver-bind-port']),
    featureGates: gatesOf(flags['feature-gates']),
    imageRepository: flags['image-repository'],
    artifacts: {
      source: flags['artifacts-source'],
      mirror: flags['artifacts-mirror'],
      delivery: flags['artifacts-delivery'],
    },
  };
}

/** `NAME`, `NAME:PORT`, `[ADDRESS]:PORT`, or an IPv6 address alone. */
function endpointOf(text: string | undefined, bindPort: number | undefined): ClusterSpecInput['endpoint'] {
  if (text === undefined) return bindPort === undefined ? undefined : { port: bindPort };
  const [, bracketed, plain, digits] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const name = bracketed ?? plain ?? text;
  const port = digits === undefined ? bindPort : Number(digits);
  if (bindPort !== undefined && port !== bindPort)
    throw wrongFlag(
      `--control-plane-endpoint has the port ${port} and --apiserver-bind-port ${bindPort}`,
      "An endpoint's port is that of every API server here: give it once.",
    );
  return { name, ...(port === undefined ? {} : { port }) };
}

/** `NodeSwap=true`; kubeadm's gates of that option are of kubeadm itself, which has no part in this. */
function gatesOf(words: readonly string[] | undefined): Record<string, boolean> | undefined {
  if (!words) return undefined;
  return Object.fromEntries(
    words.map((word) => {
      const [, gate, value] = /^([A-Za-z0-9]+)=(true|false)$/i.exec(word.trim()) ?? [];
      if (!gate || !value)
        throw wrongFlag(
          `--feature-gates takes GATE=true or GATE=false, not "${word}"`,
          '--feature-gates NodeSwap=true',
        );
      return [gate, value.toLowerCase() === 'true'];
    }),
  );
}

function wrongFlag(message: string, hint: string): KubewrightError {
  return new KubewrightError({ code: 'ArgumentInvalid', message: `${message}.`, hint, exit: 'usage' });
}
