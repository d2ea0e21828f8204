import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { KubewrightError } from '../../base/errors.ts';

type Environment = Record<string, string | undefined>;

/**
 * Authorities beside Node's own: the files that SSL_CERT_FILE (OpenSSL, Go, curl) and NODE_EXTRA_CA_CERTS name.
 * Undefined where neither is set: then Node's default is right as it is.
 */
export function authorities(env: Environment): string[] | undefined {
  const files = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'].flatMap((name) => {
    const file = env[name];
    return file ? [{ name, file }] : [];
  });
  if (files.length === 0) return undefined;
  return [...getCACertificates('default'), ...files.map(({ name, file }) => read(name, file))];
}

function read(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new KubewrightError({
      code: 'CaFileUnreadable',
      message: `${name} names ${file}, which cannot be read: ${(cause as Error).message}`,
      hint: `Set ${name} to a file of PEM certificates, or unset it.`,
      exit: 'prerequisite',
      cause,
    });
  }
}
