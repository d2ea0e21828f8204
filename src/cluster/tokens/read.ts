import type { KubeObject } from '../../kube/port.ts';
import { parseBootstrapToken, tokenSecretName, USAGE_PREFIX } from '../manifests/bootstrap-token.ts';

/** A bootstrap token as the cluster has it. */
export interface BootstrapToken {
  token: string;
  description?: string;
  /** Absent: it never expires. */
  expires?: Date;
  /** Sorted; `authentication`, `signing`. */
  usages: string[];
  groups: string[];
}

/** The token in a Secret; a text that says what is wrong with the Secret where it holds none (kubeadm: bootstraptoken/v1). */
export function tokenOf(secret: KubeObject): BootstrapToken | string {
  const name = secret.metadata.name ?? '';
  const data = secret.data as Record<string, string> | undefined;
  const value = (key: string) => Buffer.from(data?.[key] ?? '', 'base64').toString();
  const id = value('token-id');
  const token = `${id}.${value('token-secret')}`;
  if (name !== tokenSecretName(id))
    return `Secret ${name} holds the token id "${id}", which is not its name's`;
  if (!parseBootstrapToken(token)) return `Secret ${name} holds no bootstrap token`;
  const [description, expiration] = [value('description'), value('expiration')];
  const expires = new Date(expiration);
  if (expiration && Number.isNaN(expires.getTime())) {
    return `Secret ${name} has an expiration that is no time: "${expiration}"`;
  }
  return {
    token,
    ...(description ? { description } : {}),
    ...(expiration ? { expires } : {}),
    usages: usagesOf(Object.keys(data ?? {}).filter((key) => value(key) === 'true')),
    groups: value('auth-extra-groups').split(',').filter(Boolean),
  };
}

function usagesOf(keys: string[]): string[] {
  return keys
    .filter((key) => key.startsWith(USAGE_PREFIX))
    .map((key) => key.slice(USAGE_PREFIX.length))
    .sort();
}
