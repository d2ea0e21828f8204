import { z } from 'zod';
import { fields, text } from './schema-fields.ts';
import { ANONYMOUS_ACCESS, ENCRYPTION_PROVIDERS, TLS_VERSIONS } from './sections.ts';

const count = z.int().min(0, 'must be zero or more');

const audit = z.strictObject({
  enabled: z.boolean().describe('The API server writes an audit log on each control plane.'),
  policy: fields.optional().describe('A whole Policy of audit.k8s.io/v1, instead of the one of kubewright.'),
  maxAgeDays: count.describe('Days that old logs are kept; 0: without end.'),
  maxBackups: count.describe('Old logs that are kept; 0: all.'),
  maxSizeMegabytes: z.int().min(1, 'must be one or more').describe('Size at which a new log is begun.'),
});

export const security = z.strictObject({
  profiling: z.boolean().describe('/debug/pprof of API server, controller manager and scheduler.'),
  tlsMinVersion: z.enum(TLS_VERSIONS).describe('Least TLS version of every component.'),
  tlsCipherSuites: z
    .array(text(/^TLS_[A-Z0-9_]+$/, 'must be an IANA name such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'))
    .describe('IANA names of the cipher suites for TLS 1.2; empty: the choice of Go.'),
  anonymousAccess: z
    .enum(ANONYMOUS_ACCESS)
    .describe(
      'What needs no login: health and cluster-info (`discovery`), what RBAC says (`all`), or nothing.',
    ),
  kubeletServingCertificates: z
    .enum(['cluster-ca', 'self-signed'])
    .describe("Who signs the certificates of the kubelets' own HTTPS."),
  audit: audit.describe('Audit log of the API server.'),
  encryptSecrets: z.enum(ENCRYPTION_PROVIDERS).describe('How Secrets are encrypted in etcd.'),
});
