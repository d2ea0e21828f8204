import semver from 'semver';
import { z } from 'zod';
import { parseCidrs } from './cidr.ts';
import { SUPPORTED_MINORS } from './defaults.ts';
import { parseDuration } from './duration.ts';
import { isDnsSubdomain, isSubjectAltName } from './names.ts';

export const text = (test: (value: string) => boolean, message: string) => z.string().refine(test, message);

export const cidrs = text(
  (value) => parseCidrs(value) !== undefined,
  'must be an address range such as 10.244.0.0/16, or two of different families with a comma between them',
);
export const duration = text(
  (value) => parseDuration(value) !== undefined,
  'must be a duration above zero such as 8760h',
);
export const port = z
  .int()
  .min(1, 'must be a port from 1 to 65535')
  .max(65535, 'must be a port from 1 to 65535');
export const tag = text((value) => /^\w[\w.-]{0,127}$/.test(value), 'must be an image tag');
export const reference = text(
  (value) => /^[a-z0-9][a-zA-Z0-9./:_@-]*$/.test(value),
  'must be an image reference such as registry.example.com/team/app:v1',
);
export const subdomain = text(
  isDnsSubdomain,
  'must be a DNS name of lower-case letters, digits, "-" and "." (RFC 1123), at most 253 characters',
);
export const subjectAltName = text(isSubjectAltName, 'must be a DNS name or an IP address');

export const version = z
  .string()
  .transform((value) => `v${value.replace(/^v/, '')}`)
  .refine((value) => semver.valid(value) !== null, 'must be a version such as v1.37.2')
  .refine(
    (value) => semver.valid(value) === null || supported(value),
    `must be of a minor version that this kubewright knows: ${SUPPORTED_MINORS.map((minor) => `1.${minor}`).join(', ')}`,
  );

function supported(value: string): boolean {
  return semver.major(value) === 1 && SUPPORTED_MINORS.some((minor) => semver.minor(value) === minor);
}

/** Of a configuration that Kubernetes itself checks. */
export const fields = z.record(z.string(), z.unknown());

export const absolutePath = text(
  (value) => value.startsWith('/') && !value.split('/').includes('..'),
  'must be an absolute path without ".."',
);

export const url = text((value) => {
  const parsed = URL.parse(value);
  return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.password === '';
}, 'must be an http or https URL without a password, such as https://mirror.example.com');

export const environment = z.record(
  text((value) => /^[A-Za-z_]\w*$/.test(value), 'must be the name of an environment variable'),
  text((value) => !/[\n\0]/.test(value), 'must be one line'),
);
