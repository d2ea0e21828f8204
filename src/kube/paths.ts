import type { ResourceType } from './port.ts';

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export function groupVersionPath(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
}

/** The path of a collection, an object or one of its subresources; every segment is percent-encoded. */
export function resourcePath(
  type: Pick<ResourceType, 'group' | 'version' | 'resource' | 'namespaced'>,
  target: { namespace?: string; name?: string; subresource?: string } = {},
): string {
  const segments = [groupVersionPath(type)];
  if (type.namespaced && target.namespace) segments.push('namespaces', segment(target.namespace));
  segments.push(type.resource);
  if (target.name !== undefined) segments.push(segment(target.name));
  if (target.subresource) segments.push(target.subresource);
  return segments.join('/');
}

/** `.` and `..` are names that would change the path; servers refuse them as names too. */
function segment(name: string): string {
  return name === '.' || name === '..' ? name.replaceAll('.', '%2E') : encodeURIComponent(name);
}

/** `apps/v1`, `v1` */
export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}
