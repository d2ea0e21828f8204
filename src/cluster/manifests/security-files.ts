import { createHash } from 'node:crypto';
import { KUBERNETES_DIR } from '../pki/table.ts';
import type { ClusterSpec } from '../spec/types.ts';
import type { HostFile } from './paths.ts';
import { textTemplate } from './template.ts';
import { canonicalYaml } from './yaml.ts';

export const AUDIT_DIR = `${KUBERNETES_DIR}/audit`;
export const AUDIT_POLICY = `${AUDIT_DIR}/policy.yaml`;
export const AUDIT_LOG_DIR = '/var/log/kubernetes/audit';
export const AUTHENTICATION_CONFIG = `${KUBERNETES_DIR}/authentication-config.yaml`;

/** What the API server reads once, at its start, beside its arguments. */
export function securityFiles(spec: ClusterSpec): HostFile[] {
  const { audit, anonymousAccess } = spec.security;
  const file = (path: string, content: string): HostFile => ({ path, mode: 0o600, content });
  const policy = audit.policy ? canonicalYaml(audit.policy) : textTemplate('config/audit-policy.yaml');
  return [
    ...(audit.enabled ? [file(AUDIT_POLICY, policy)] : []),
    ...(anonymousAccess === 'all'
      ? []
      : [file(AUTHENTICATION_CONFIG, textTemplate(`config/authentication/${anonymousAccess}.yaml`))]),
  ];
}

/** For an annotation of the pod: the kubelet starts it anew only when its manifest changes. Without files none. */
export function securityFilesHash(spec: ClusterSpec): string | undefined {
  const files = securityFiles(spec);
  if (files.length === 0) return undefined;
  return createHash('sha256')
    .update(files.map(({ path, content }) => `${path}\n${content}`).join('\n'))
    .digest('hex');
}
