import { randomInt } from 'node:crypto';
import type { KubeObject } from '../../kube/port.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
export const DEFAULT_NODE_TOKEN_GROUP = 'system:bootstrappers:kubeadm:default-node-token';

/** `abcdef.0123456789abcdef`: an id that may be seen and a secret that may not. */
export function generateBootstrapToken(): string {
  return `${random(6)}.${random(16)}`;
}

export function isBootstrapToken(text: string): boolean {
  return TOKEN.test(text);
}

/** The Secret by which the API server knows the token; kube-controller-manager deletes it when it has expired. */
export function bootstrapTokenSecret(
  token: string,
  options: { expires: Date; description?: string },
): KubeObject {
  const [, id, secret] = TOKEN.exec(token) ?? [];
  if (!id || !secret) throw new TypeError('not a bootstrap token');
  const data = {
    'auth-extra-groups': DEFAULT_NODE_TOKEN_GROUP,
    expiration: options.expires.toISOString().replace(/\.\d+Z$/, 'Z'),
    'token-id': id,
    'token-secret': secret,
    'usage-bootstrap-authentication': 'true',
    'usage-bootstrap-signing': 'true',
    ...(options.description ? { description: options.description } : {}),
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  };
}

function random(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
