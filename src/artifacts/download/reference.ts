import { DownloadFailure } from './failures.ts';

const REFERENCE =
  /^([^/]+[.:][^/]*|localhost)\/([a-z0-9][a-z0-9._/-]*?)(?::([\w][\w.-]*))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** The one registry whose references name another host than the one that serves it. */
const SERVED_AT: Record<string, string> = { 'docker.io': 'registry-1.docker.io' };

/**
 * Where the repository of `HOST/NAME:TAG` (or with `@sha256:…`) is served. A mirror has the registry's host as the
 * first part of the name: `MIRROR/v2/registry.k8s.io/pause/…`, as `crane copy` and Harbor's proxies make it.
 */
export function repositoryOf(reference: string, mirror: string): { base: string; version: string } {
  const [, host, name, tag, digest] = REFERENCE.exec(reference) ?? [];
  if (!host || !name) {
    throw new DownloadFailure({
      code: 'ImageUnusable',
      message: `${reference} is no image that can be downloaded`,
      hint: 'It has to be HOST/NAME:TAG.',
    });
  }
  const base = mirror
    ? `${mirror.replace(/\/+$/, '')}/v2/${host}/${name}`
    : `https://${SERVED_AT[host] ?? host}/v2/${name}`;
  return { base, version: digest ?? tag ?? 'latest' };
}

export function manifestUrl(reference: string, mirror: string): string {
  const { base, version } = repositoryOf(reference, mirror);
  return `${base}/manifests/${version}`;
}
