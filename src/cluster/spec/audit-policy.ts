import type { Finding } from './findings.ts';
import type { ConfigOverrides } from './sections.ts';

const PATH = ['security', 'audit', 'policy'];
const LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'];

/** What of a policy would keep the API server from starting, as far as its outline tells (audit.k8s.io/v1). */
export function policyFindings(policy: ConfigOverrides | undefined): Finding[] {
  if (!policy) return [];
  const { apiVersion, kind, rules } = policy;
  const wrong = (field: string, message: string): Finding => ({
    path: [...PATH, field],
    message,
    or: [PATH],
  });
  return [
    ...(apiVersion === 'audit.k8s.io/v1' ? [] : [wrong('apiVersion', 'must be audit.k8s.io/v1')]),
    ...(kind === 'Policy' ? [] : [wrong('kind', 'must be Policy')]),
    ...(Array.isArray(rules) && rules.length > 0 && rules.every(isRule)
      ? []
      : [wrong('rules', `must be a list of rules, each with a level: ${LEVELS.join(', ')}`)]),
  ];
}

function isRule(rule: unknown): boolean {
  return LEVELS.includes((rule as { level?: string } | null)?.level ?? '');
}
