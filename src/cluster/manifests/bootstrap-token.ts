import { randomInt } from 'node:crypto';
import type { KubeObject } from '../../kube/port.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
export const DEFAULT_NODE_TOKEN_GROUP = 'system:bootstrappers:kubeadm:default-node-token';
export const TOKEN_USAGES = ['signing', 'authentication'] as const;
/** With a usage's name behind it: a key of the Secret (k8s.io/cluster-bootstrap/token/api). */
export const USAGE_PREFIX = 'usage-bootstrap-';
export const TOKEN_SECRET_TYPE = 'bootstrap.kubernetes.io/token';

export interface TokenParts {
  /** May be seen: it names the token. */
  id: string;
  /** May not. */
  secret: string;
}

export interface TokenOptions {
  /** Never, where it is left out. */
  expires?: Date;
  description?: string;
  /** Default: signing and authentication. */
  usages?: readonly string[];
  /** That its bearer belongs to, beside system:bootstrappers; default: kubeadm's for joining nodes. */
  groups?: readonly string[];
}

/** `abcdef.0123456789abcdef`: an id that may be seen and a secret that may not. */
export function generateBootstrapToken(): string {
  return `${random(6)}.${random(16)}`;
}

/** undefined where the text is no bootstrap token. */
export function parseBootstrapToken(text: string): TokenParts | undefined {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  return id && secret ? { id, secret } : undefined;
}

export function tokenSecretName(id: string): string {
  return `bootstrap-token-${id}`;
}

/** The Secret by which the API server knows the token; kube-controller-manager deletes it when it has expired. */
export function bootstrapTokenSecret(token: string, options: TokenOptions = {}): KubeObject {
  const parts = parseBootstrapToken(token);
  if (!parts) throw new TypeError('not a bootstrap token');
  const { expires, description, usages = TOKEN_USAGES, groups = [DEFAULT_NODE_TOKEN_GROUP] } = options;
  const data: Record<string, string> = {
    'token-id': parts.id,
    'token-secret': parts.secret,
    ...(expires ? { expiration: expires.toISOString().replace(/\.\d+Z$/, 'Z') } : {}),
    ...(description ? { description } : {}),
    ...Object.fromEntries(usages.map((usage) => [`${USAGE_PREFIX}${usage}`, 'true'])),
    ...(groups.length > 0 ? { 'auth-extra-groups': groups.join(',') } : {}),
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: tokenSecretName(parts.id), namespace: 'kube-system' },
    type: TOKEN_SECRET_TYPE,
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  };
}

function random(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
