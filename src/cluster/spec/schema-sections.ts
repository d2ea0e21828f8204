import { z } from 'zod';
import { duration, filled, text, url, urlOrNone } from './schema-fields.ts';
import { ARTIFACT_DELIVERIES, ARTIFACT_SOURCES } from './sections.ts';

const addon = (what: string) =>
  z.strictObject({
    enabled: z.boolean().describe(`${what}; false: it is not installed, and taken away where it is.`),
  });

export const addons = z.strictObject({
  coredns: addon('DNS of the cluster').describe('CoreDNS.'),
  kubeProxy: addon('Services on every node').describe('kube-proxy.'),
});

export const proxy = z.strictObject({
  http: urlOrNone.describe('URL of the proxy for http; empty: none.'),
  https: urlOrNone.describe('URL of the proxy for https; empty: none.'),
  noProxy: z
    .array(filled)
    .describe(
      "Names, domains and ranges that go direct, beside loopback, pods, services, hosts and the cluster's own names.",
    ),
});

const mirror = z.strictObject({
  url: url.describe('Its URL, with the path under which images are.'),
  overridePath: z.boolean().default(false).describe('The path is whole: /v2 is not added to it.'),
});

const credentials = z
  .strictObject({
    username: filled.describe('Name of the user.'),
    passwordFile: filled.optional().describe('File on the machine that runs kubewright.'),
    passwordEnv: filled.optional().describe('Environment variable of the machine that runs kubewright.'),
  })
  .superRefine(({ passwordFile, passwordEnv }, context) => {
    if ((passwordFile === undefined) !== (passwordEnv === undefined)) return;
    const message = 'needs passwordFile or passwordEnv, one of the two';
    context.addIssue({ code: 'custom', message });
  });

export const registry = z.strictObject({
  host: text(
    /^(_default|[a-z0-9][a-z0-9.-]*(:\d+)?)$/,
    'must be a registry such as docker.io or registry.example.com:5000, or "_default"',
    (value) => (value.includes('/') ? 'its name alone, without scheme and path' : undefined),
  ).describe('The registry as images name it; `_default`: every registry without an entry of its own.'),
  mirrors: z.array(mirror).default([]).describe('Asked in this order before the registry itself.'),
  ca: text((value) => value.includes('-----BEGIN CERTIFICATE-----'), 'must be PEM')
    .optional()
    .describe('PEM of the authorities that the registry and its mirrors are trusted by.'),
  skipVerify: z.boolean().default(false).describe('Their certificates are not looked at.'),
  credentials: credentials
    .optional()
    .describe('How hosts log in. The cluster keeps where the password is found, never the password.'),
});

export const timeouts = z.strictObject({
  controlPlaneComponentHealthCheck: duration.describe(
    'For API server, controller manager and scheduler to be well.',
  ),
  kubeletHealthCheck: duration.describe('For the kubelet to be well.'),
  kubernetesAPICall: duration.describe('For one request to the API server, with its repetitions.'),
  etcdAPICall: duration.describe('For one request to etcd, with its repetitions.'),
  tlsBootstrap: duration.describe("For a joining kubelet's certificate."),
  discovery: duration.describe('For a joining host to find the cluster.'),
});

export const artifacts = z.strictObject({
  source: z
    .enum(ARTIFACT_SOURCES)
    .describe('`download` from upstream or a mirror, `build` from pinned sources, `auto`: what works first.'),
  mirror: urlOrNone.describe("A mirror with upstream's layout; empty: upstream itself."),
  delivery: z
    .enum(ARTIFACT_DELIVERIES)
    .describe(
      'Hosts get them by `upload` from this machine, by their own `download`, or from a host already served (`peer`); `auto`: `peer` where a run serves four hosts or more, else `upload`.',
    ),
});
