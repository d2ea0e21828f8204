import type { z } from 'zod';
import { didYouMean } from '../../kube/nearest.ts';
import { type Path, pathText } from './findings.ts';
import { bare, fieldsOf, placesOf, schemaAt } from './schema-walk.ts';

interface Hint {
  hint?: string | undefined;
}

/** Values of others, and of other times. */
const OTHER_VALUES: Record<string, string> = {
  '1.2': 'it is called VersionTLS12',
  '1.3': 'it is called VersionTLS13',
  agent: 'it is called "worker"',
  calico: '"none" leaves the pod network to you',
  cilium: '"none" leaves the pod network to you',
  master: 'it is called "control-plane"',
  node: 'it is called "worker"',
  server: 'it is called "control-plane"',
};

/** What kubeadm, its peers and common sense call it. */
const OTHER_NAMES: Record<string, string> = {
  advertiseAddress: 'hosts[0].address',
  apiVersion: 'the top of the file',
  caCertificateValidityPeriod: 'spec.caCertificateValidity',
  certificateValidityPeriod: 'spec.certificateValidity',
  clusterName: 'metadata.name',
  controlPlaneEndpoint: 'spec.endpoint.name and spec.endpoint.port',
  dns: 'spec.addons.coredns',
  env: 'environment',
  extraEnvs: 'environment',
  extraVolumes: 'volumes',
  ip: 'address',
  localAPIEndpoint: 'address of the host, and spec.endpoint.port',
  mounts: 'volumes',
  name: 'metadata.name',
  nodeIP: 'nodeAddress',
  nodes: 'spec.hosts',
  password: 'passwordFile or passwordEnv: the cluster keeps no password',
  podCIDR: 'spec.networking.podSubnet',
  podNetworkCidr: 'spec.networking.podSubnet',
  serviceCIDR: 'spec.networking.serviceSubnet',
  ssh: 'target',
  user: 'target, as user@host',
  version: 'spec.kubernetesVersion',
};

export function unknownFieldHint(schema: z.ZodType, path: Path, key: string): string | undefined {
  if (Object.hasOwn(OTHER_NAMES, key)) return `here it is ${OTHER_NAMES[key]}`;
  const close = closeField(schema, path, key);
  if (close) return close;
  const [place, ...others] = placesOf(key, schema);
  if (!place || others.length > 0) return undefined;
  return place.length === 0 ? 'it belongs to spec itself' : `it belongs to spec.${pathText(place)}`;
}

/** A field of the same map with nearly the same name. */
export function closeField(schema: z.ZodType, path: Path, key: string): string | undefined {
  return meant(key, [...fieldsOf(schemaAt(schema, path)).keys()]);
}

export function choiceHint(values: readonly unknown[], value: unknown): Hint {
  if (value === false && values.includes('none')) return { hint: 'did you mean "none"?' };
  const word = String(value);
  if (Object.hasOwn(OTHER_VALUES, word)) return { hint: OTHER_VALUES[word] };
  if (typeof value !== 'string') return {};
  return {
    hint: meant(
      word,
      values.filter((each) => typeof each === 'string'),
    ),
  };
}

/** A slip of the fingers, or a word that goes on. */
function meant(word: string, candidates: readonly string[]): string | undefined {
  if (word === '') return undefined;
  const longer = candidates.filter((each) => each !== '' && (each.startsWith(word) || word.startsWith(each)));
  return didYouMean(word, candidates) || didYouMean(longer[0] ?? '', longer.slice(0, 1)) || undefined;
}

/** How the same would be written as what is expected. */
export function typeHint(
  expected: string,
  value: unknown,
  path: Path,
  { schema, plain }: { schema: z.ZodType; plain?: ((path: Path) => string | undefined) | undefined },
): Hint {
  const found = schemaAt(schema, path);
  const field = found && bare(found);
  if (expected === 'string' && ['number', 'bigint', 'boolean'].includes(typeof value)) {
    const written = plain?.(path) ?? String(value);
    if (found?.safeParse(written).success) return { hint: 'put it in quotes' };
  }
  if (expected === 'boolean' && /^(true|false)$/.test(String(value)))
    return { hint: `write ${value} without quotes` };
  if (['int', 'number'].includes(expected) && typeof value === 'string' && /^\d+$/.test(value))
    return { hint: 'write it without quotes' };
  const [example] = (field?.meta()?.examples as unknown[] | undefined) ?? [];
  const such = example === undefined ? undefined : `such as ${JSON.stringify(example)}`;
  if (expected === 'array' && (isMap(value) || typeof value === 'string'))
    return { hint: such ?? 'write each item on a line of its own, after "- "' };
  if (['object', 'record'].includes(expected) && Array.isArray(value))
    return { hint: 'write "name: value" lines without "- "' };
  return { hint: such };
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
