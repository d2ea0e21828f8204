import { stringify } from 'yaml';

/** YAML as Kubernetes' own tools write it: keys sorted, no line folding, strings quoted where YAML 1.1 would misread them. */
export function canonicalYaml(value: unknown): string {
  return stringify(value, {
    ...STYLE,
    sortMapEntries: (a, b) => compare(String(keyOf(a)), String(keyOf(b))),
  });
}

/** The same with keys in the order in which they stand. */
export function orderedYaml(value: unknown): string {
  return stringify(value, STYLE);
}

const STYLE = {
  version: '1.1',
  indentSeq: false,
  lineWidth: 0,
  minContentWidth: 0,
  aliasDuplicateObjects: false,
  nullStr: 'null',
} as const;

function keyOf(pair: { key: unknown }): unknown {
  const { key } = pair;
  return typeof key === 'object' && key !== null && 'value' in key ? key.value : key;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
