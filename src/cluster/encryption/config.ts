import { randomBytes } from 'node:crypto';
import { parse } from 'yaml';
import { KubewrightError } from '../../base/errors.ts';
import { canonicalYaml } from '../manifests/yaml.ts';
import type { EncryptionProvider } from '../spec/sections.ts';

export const ENCRYPTION_DIR = '/etc/kubernetes/encryption';
export const ENCRYPTION_CONFIG = `${ENCRYPTION_DIR}/config.yaml`;

type Provider = Record<string, { keys?: { name: string; secret: string }[] } | null>;

interface ResourceRule {
  resources: string[];
  providers: Provider[];
}

interface EncryptionConfiguration {
  apiVersion: string;
  kind: string;
  resources: ResourceRule[];
}

/** The file as it has to be, or undefined where it is right; nothing is generated before it is asked for. */
export interface EncryptionReview {
  /** `missing`, `writes identity, not secretbox`; undefined where nothing is to be done. */
  why: string | undefined;
  text(random?: (size: number) => Buffer): string;
}

/**
 * What has to become of the EncryptionConfiguration (apiserver.config.k8s.io/v1), so that Secrets are written with this
 * provider. Keys that are there stay: with them goes every Secret. Throws where only a person can decide.
 */
export function reviewEncryption(found: Buffer | undefined, wanted: EncryptionProvider): EncryptionReview {
  if (!found) {
    if (wanted === 'none') return settled('');
    return {
      why: 'missing',
      text: (random = randomBytes) => canonicalYaml(withFirst(empty(), wanted, random)),
    };
  }
  const config = read(found);
  const name = providerName(wanted);
  const [first] = secretsRule(config).providers;
  const writes = Object.keys(first ?? {})[0];
  // A key service outside is more than any of ours, and somebody set it up on purpose.
  if (writes === name || writes === 'kms') return settled(found.toString('utf8'));
  return {
    why: `writes with ${writes}, not with ${name}`,
    text: (random = randomBytes) => canonicalYaml(withFirst(config, wanted, random)),
  };
}

function settled(text: string): EncryptionReview {
  return { why: undefined, text: () => text };
}

/** With what Secrets are written: `secretbox/key-1a2b3c4d`, `identity`. No secret in it. */
export function writingKey(text: Buffer | string): string {
  const [first] = secretsRule(read(text)).providers;
  const [name, settings] = Object.entries(first ?? {})[0] ?? ['identity', null];
  const key = settings?.keys?.[0]?.name ?? (settings as { name?: string } | null)?.name;
  return key ? `${name}/${key}` : name;
}

function providerName(wanted: EncryptionProvider): string {
  return wanted === 'none' ? 'identity' : wanted;
}

function empty(): EncryptionConfiguration {
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [{ resources: ['secrets'], providers: [{ identity: {} }] }],
  };
}

/** The wanted provider in front, with its own key where it has one; all others stay behind it, for reading. */
function withFirst(
  config: EncryptionConfiguration,
  wanted: EncryptionProvider,
  random: (size: number) => Buffer,
): EncryptionConfiguration {
  const name = providerName(wanted);
  const rule = secretsRule(config);
  const known = rule.providers.find((provider) => name in provider);
  const first = known ?? { [name]: name === 'identity' ? {} : { keys: [newKey(random)] } };
  const others = rule.providers.filter((provider) => provider !== known);
  const changed = { ...rule, providers: [first, ...others] as Provider[] };
  return { ...config, resources: config.resources.map((one) => (one === rule ? changed : one)) };
}

/** 32 bytes are what each of the providers takes. The name stands in etcd in front of each value. */
function newKey(random: (size: number) => Buffer): { name: string; secret: string } {
  return { name: `key-${random(4).toString('hex')}`, secret: random(32).toString('base64') };
}

function secretsRule(config: EncryptionConfiguration): ResourceRule {
  const rule = config.resources.find(({ resources }) =>
    resources.some((name) => ['secrets', '*.', '*.*'].includes(name)),
  );
  if (!rule) throw unusable('says nothing of secrets');
  return rule;
}

function read(text: Buffer | string): EncryptionConfiguration {
  let value: unknown;
  try {
    value = parse(text.toString());
  } catch {
    // The parser's words would quote the file, and the keys in it.
    throw unusable('is not YAML');
  }
  const config = value as EncryptionConfiguration | null;
  if (config?.kind !== 'EncryptionConfiguration' || !Array.isArray(config.resources)) {
    throw unusable('is no EncryptionConfiguration');
  }
  const whole = config.resources.every(
    (rule) => Array.isArray(rule?.resources) && Array.isArray(rule.providers),
  );
  if (!whole) throw unusable('has a rule without resources or providers');
  return config;
}

function unusable(why: string): KubewrightError {
  return new KubewrightError({
    code: 'EncryptionConfigUnusable',
    message: `${ENCRYPTION_CONFIG} ${why}.`,
    hint: 'Its keys are what Secrets in etcd are read with, so it is never overwritten. Put it back from a backup or from another control-plane host.',
    exit: 'preflight',
  });
}
