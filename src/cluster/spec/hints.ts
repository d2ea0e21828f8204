import type { z } from 'zod';
import { didYouMean } from '../../kube/nearest.ts';
import { type Path, pathText } from './findings.ts';
import { bare, fieldsOf, placesOf, schemaAt } from './schema-walk.ts';

interface Hint {
  hint?: string | undefined;
}

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
  const close = didYouMean(key, fieldsOf(schemaAt(schema, path)).keys());
  if (close) return close;
  if (OTHER_NAMES[key]) return `here it is ${OTHER_NAMES[key]}`;
  const [place, ...others] = placesOf(key, schema);
  if (!place || others.length > 0) return undefined;
  return place.length === 0 ? 'it belongs to spec itself' : `it belongs to spec.${pathText(place)}`;
}

export function choiceHint(values: readonly unknown[], value: unknown): Hint {
  if (typeof value !== 'string') return {};
  const hint = didYouMean(
    value,
    values.filter((each) => typeof each === 'string'),
  );
  return hint ? { hint } : {};
}

/** How the same would be written as what is expected. */
export function typeHint(
  expected: string,
  value: unknown,
  path: Path,
  { schema, plain }: { schema: z.ZodType; plain?(path: Path): string | undefined },
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
  if (expected === 'array' && isMap(value)) return { hint: 'begin each item with "- "' };
  if (expected === 'array' && typeof value === 'string')
    return { hint: 'put "- " before it, on a line of its own' };
  if (['object', 'record'].includes(expected) && Array.isArray(value))
    return { hint: 'write "name: value" lines without "- "' };
  const [example] = (field?.meta()?.examples as unknown[] | undefined) ?? [];
  return example === undefined ? {} : { hint: `such as ${JSON.stringify(example)}` };
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
