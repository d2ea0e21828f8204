/** `pod/web-1`, `deployment.apps/web`: kubectl's `-o name`. */
export function objectName(apiVersion: string, kind: string, name: string | undefined): string {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : `.${apiVersion.slice(0, slash)}`;
  return `${kind.toLowerCase()}${group}/${name || '<unknown>'}`;
}
