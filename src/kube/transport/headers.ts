import type { ApiEndpoint, ApiRequest, Impersonation } from '../port.ts';

export type Headers = Record<string, string | string[]>;

/** What every request carries: who we are, whom we act for, and what we take. */
export async function requestHeaders(
  endpoint: ApiEndpoint,
  userAgent: string,
  { refused = false, impersonate }: { refused?: boolean; impersonate?: Impersonation | undefined } = {},
): Promise<Headers> {
  const headers: Headers = { 'user-agent': userAgent };
  const authorization = await endpoint.authorization?.(refused);
  if (authorization) headers.authorization = authorization;
  const as = impersonate ?? endpoint.impersonate;
  if (as?.user) headers['impersonate-user'] = as.user;
  if (as?.groups?.length) headers['impersonate-group'] = as.groups;
  if (as?.uid) headers['impersonate-uid'] = as.uid;
  return headers;
}

/** Path with the query; arrays repeat the name, undefined leaves it out. */
export function target({ path, query = {} }: ApiRequest): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) search.append(name, String(item));
  }
  const text = search.toString();
  return text === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${text}`;
}

/** The texts of `Warning: 299 - "text"` headers (RFC 7234 5.5), as API servers send deprecations. */
export function warningsOf(header: string | string[] | undefined): string[] {
  const warnings: string[] = [];
  for (const line of [header ?? []].flat())
    for (const match of line.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g))
      warnings.push(match[1]!.replaceAll(/\\(.)/g, '$1'));
  return warnings;
}
