import { readdirSync, readFileSync } from 'node:fs';
import { FIXED } from '../../src/cluster/spec/immutable.ts';
import { type JsonSchema, specSchema } from './cluster-schema.ts';

const EXAMPLES = 'examples/cluster';
/** Beside those that are refused outright. */
const CHANGES: Record<string, string> = {
  caCertificateValidity: 'for new authorities',
  certificateValidity: 'for new certificates',
  'etcd.external': 'never from or to one on the control planes',
  'hosts[].name': 'no: it is another host',
  'hosts[].role': 'by reset and join',
  'hosts[].address': 'by reset and join',
};
const DEFAULTS: Record<string, string> = { 'endpoint.name': '`NAME.kubewright.internal`' };

export function clusterPage(): string {
  const { properties = {} } = specSchema();
  const sections = Object.entries(properties).filter(([, field]) => isSection(field));
  const plain = Object.entries(properties).filter(([, field]) => !isSection(field));
  return [
    readFileSync('scripts/docs/cluster.md', 'utf8').trimEnd(),
    '',
    '## Examples',
    ...readdirSync(EXAMPLES).sort().flatMap(example),
    '',
    '## Fields of spec',
    ...table(plain.flatMap(([name, field]) => rows(name, field))),
    ...sections.flatMap(([name, field]) => [
      '',
      `### ${name}`,
      field.description ?? '',
      ...table(rows(name, field)),
    ]),
    '',
  ].join('\n');
}

function example(name: string): string[] {
  const [, ...lines] = readFileSync(`${EXAMPLES}/${name}`, 'utf8').trimEnd().split('\n');
  const start = lines.findIndex((line) => !line.startsWith('#'));
  const about = lines.slice(0, start).map((line) => line.replace(/^# ?/, ''));
  return ['', `### ${EXAMPLES}/${name}`, ...about, '', '```yaml', ...lines.slice(start), '```'];
}

/** What has fields of its own gets a table of its own. */
function isSection(field: JsonSchema): boolean {
  return Boolean(field.properties ?? field.items?.properties);
}

function table(lines: string[]): string[] {
  return ['', '| Field | Type | Default | Can be changed | Meaning |', '|---|---|---|---|---|', ...lines];
}

/** The field itself where it has no fields, else those. */
function rows(path: string, field: JsonSchema): string[] {
  const inner = field.properties ?? field.items?.properties;
  const at = field.items?.properties ? `${path}[]` : path;
  const required = (field.properties ? field.required : field.items?.required) ?? [];
  if (!inner) return [row(path, field, false)];
  return Object.entries(inner).flatMap(([name, each]) => {
    const own = [row(`${at}.${name}`, each, required.includes(name))];
    if (!isSection(each)) return own;
    // One that may be missing as a whole has fields that it then needs.
    const whole = each.items || each.required?.length;
    return [...(whole ? own : []), ...rows(`${at}.${name}`, each)];
  });
}

function row(path: string, field: JsonSchema, required: boolean): string {
  const fallback = required ? 'required' : (DEFAULTS[path] ?? defaultText(field.default));
  const cells = [`\`${path}\``, typeText(field), fallback, changeable(path), field.description ?? ''];
  if (cells.at(-1) === '') throw new Error(`${path} has no description in src/cluster/spec`);
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function changeable(path: string): string {
  if (FIXED.some((fixed) => fixed.join('.') === path)) return 'no';
  return CHANGES[path] ?? 'yes';
}

function defaultText(value: unknown): string {
  if (value === undefined) return 'none';
  if (value === '' || (typeof value === 'object' && Object.keys(value as object).length === 0))
    return 'empty';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function typeText(field: JsonSchema): string {
  if (field.enum) return field.enum.map((each) => (each === '' ? 'empty' : `\`${each}\``)).join(', ');
  if (field.anyOf)
    return [...new Set(field.anyOf.map(typeText))].filter((each) => each !== 'empty').join(' or ');
  if (field.const !== undefined) return field.const === '' ? 'empty' : `\`${field.const}\``;
  if (field.type === 'array') return `list of ${typeText(field.items ?? {})}`;
  if (field.type !== 'object') return NAMES[field.type ?? ''] ?? 'anything';
  const values = typeof field.additionalProperties === 'object' ? typeText(field.additionalProperties) : '';
  return ['', 'anything'].includes(values) ? 'map' : `map of ${values}`;
}

const NAMES: Record<string, string> = {
  string: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'true or false',
};
