import { KubewrightError } from '../../base/errors.ts';
import { shownUrl } from '../../base/shown-url.ts';

/**
 * The sha256 of `name` in what upstream publishes beside its files: a bare digest (dl.k8s.io), the lines of sha256sum,
 * signed in clear text or not (runc), or BSD's `SHA256 (NAME) = DIGEST`.
 */
export function readChecksum(text: string, name: string): string | undefined {
  const bare = /^\s*([0-9a-f]{64})\s*$/i.exec(text);
  if (bare) return bare[1]!.toLowerCase();
  for (const line of text.split('\n')) {
    const plain = /^(?<digest>[0-9a-f]{64})\s+\*?(?<path>\S+)\s*$/i.exec(line);
    const bsd = /^SHA256 \((?<path>\S+)\) = (?<digest>[0-9a-f]{64})\s*$/i.exec(line);
    const { digest, path } = (plain ?? bsd)?.groups ?? {};
    if (digest && path && path.slice(path.lastIndexOf('/') + 1) === name) return digest.toLowerCase();
  }
  return undefined;
}

export function requireChecksum(text: string, name: string, url: string): string {
  const found = readChecksum(text, name);
  if (found) return found;
  throw new KubewrightError({
    code: 'ChecksumUnreadable',
    message: `${shownUrl(url)} has no sha256 of ${name}`,
    hint: 'Is this address really upstream or a mirror of it? A login page or a proxy may have answered instead.',
    evidence: text.slice(0, 300),
    exit: 'artifact',
  });
}
