import type { HostFile } from './paths.ts';
import { textTemplate } from './template.ts';
import { writtenBy } from './written-by.ts';

const UNITS = '/etc/systemd/system';

export function dropInPath(unit: string): string {
  return `${UNITS}/${unit}.d/20-kubewright-environment.conf`;
}

/** The environment of a unit; undefined where there is nothing to set. */
export function environmentDropIn(unit: string, environment: Record<string, string>): HostFile | undefined {
  const variables = Object.entries(environment)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}\n`)
    .join('');
  if (variables === '') return undefined;
  const content = `${writtenBy()}${textTemplate('config/environment.conf', { variables })}`;
  return { path: dropInPath(unit), mode: 0o644, content };
}

/** systemd.exec(5): words in quotes with C-like escapes, and `%` is a specifier. */
function quoted(word: string): string {
  return `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;
}
