import semver from 'semver';
import { z } from 'zod';
import { parseCidrs } from './cidr.ts';
import { KUBERNETES_VERSION, SUPPORTED_MINORS } from './defaults.ts';
import { parseDuration } from './duration.ts';
import { cidrHint, durationHint, nameHint, pathHint, urlHint, versionHint } from './field-hints.ts';
import { isDnsSubdomain, isSubjectAltName } from './names.ts';

type Hint = (value: string) => string | undefined;

/** A text that passes a test; by an expression, editors know it from the JSON Schema too. */
export function text(test: RegExp | ((value: string) => boolean), message: string, hint?: Hint): z.ZodString {
  const passes = test instanceof RegExp ? (value: string) => test.test(value) : test;
  const checked = z.string().superRefine((value, context) => {
    if (passes(value)) return;
    context.addIssue({ code: 'custom', message, params: { hint: hint?.(value) } });
  });
  return test instanceof RegExp ? checked.meta({ pattern: test.source }) : checked;
}

export const filled = text(/./, 'must not be empty');

export const cidrs = text(
  (value) => parseCidrs(value) !== undefined,
  'must be an address range such as 10.244.0.0/16, or two of different families with a comma between them',
  cidrHint,
).meta({ examples: ['10.244.0.0/16', '10.244.0.0/16,fd00:10:244::/56'] });

export const duration = text(
  (value) => parseDuration(value) !== undefined,
  'must be a duration above zero',
  durationHint,
).meta({ examples: ['8760h', '4m0s'], pattern: '^([0-9]+([.][0-9]+)?(h|ms|m|s))+$' });

export const port = z
  .int()
  .min(1, 'must be a port from 1 to 65535')
  .max(65535, 'must be a port from 1 to 65535');

export const tag = text(/^\w[\w.-]{0,127}$/, 'must be an image tag');

export const reference = text(
  /^[a-z0-9](?!.*:\/\/)[a-zA-Z0-9./:_@-]*$/,
  'must be an image reference such as registry.example.com/team/app:v1',
  (value) => (/^https?:\/\//.test(value) ? 'without the scheme' : undefined),
);

export const subdomain = text(
  isDnsSubdomain,
  'must be a DNS name of lower-case letters, digits, "-" and "." (RFC 1123), at most 253 characters',
  nameHint,
);

export const subjectAltName = text(isSubjectAltName, 'must be a DNS name or an IP address', (value) =>
  value.includes('://') || value.includes(':') ? 'without scheme and port' : nameHint(value),
);

export const version = z
  .string()
  .meta({ examples: [KUBERNETES_VERSION] })
  .transform((value) => `v${value.replace(/^v/, '')}`)
  .superRefine((value, context) => {
    const wrong = wrongVersion(value);
    if (wrong) context.addIssue({ code: 'custom', message: wrong, params: { hint: versionHint(value) } });
  });

function wrongVersion(value: string): string | undefined {
  if (semver.valid(value) === null) return `must be a version such as ${KUBERNETES_VERSION}`;
  const known = SUPPORTED_MINORS.some((minor) => semver.minor(value) === minor);
  if (semver.major(value) === 1 && known) return undefined;
  const minors = SUPPORTED_MINORS.map((minor) => `1.${minor}`).join(', ');
  return `must be of a minor version that this kubewright knows: ${minors}`;
}

/** Of a configuration that Kubernetes itself checks. */
export const fields = z.record(z.string(), z.unknown());

export const absolutePath = text(
  (value) => value.startsWith('/') && !value.split('/').includes('..'),
  'must be an absolute path without ".."',
  pathHint,
).meta({ pattern: '^/' });

export const url = z
  .string()
  .superRefine((value, context) => {
    const wrong = wrongUrl(value);
    if (wrong) context.addIssue({ code: 'custom', message: wrong, params: { hint: urlHint(value) } });
  })
  .meta({ examples: ['https://mirror.example.com'] });

function wrongUrl(value: string): string | undefined {
  const parsed = URL.parse(value);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return 'must be an http or https URL';
  return parsed.password === ''
    ? undefined
    : 'must not have a password in it: the cluster keeps what stands here';
}

export const urlOrNone = z
  .union([z.literal(''), url], 'must be a URL, or empty')
  .meta({ examples: ['http://proxy.example.com:3128'] });

export const environment = z.record(
  text(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable'),
  text((value) => !/[\n\0]/.test(value), 'must be one line'),
);

/** Names of flags, and what they are set to. */
export const extraArgs = z
  .record(
    text(/^[a-z][a-z0-9-]*$/, 'must be the name of a flag without its dashes', (value) => {
      const name = value.replace(/^-+/, '').replaceAll('_', '-').toLowerCase();
      return name === value ? undefined : `such as "${name}"`;
    }),
    z.union([z.string(), z.array(z.string())], 'must be text or a list of texts'),
  )
  .meta({ examples: [{ v: '2', 'audit-log-maxage': '30' }] });
