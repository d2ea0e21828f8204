/**
 * An address as people may read it, in errors and in what is kept: without user and password, which a mirror's may
 * have, and without the query, where redirects carry signatures. What is no address loses the same.
 */
export function shownUrl(url: string): string {
  return url.replace(/^([a-z][\w+.-]*:)?(\/\/)?[^/?#\s]*@/i, '$1$2').replace(/[?#].*$/s, '');
}
