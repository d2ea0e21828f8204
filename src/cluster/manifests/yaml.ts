import { stringify } from 'yaml';

/** YAML as Kubernetes' own tools write it: keys sorted, no line folding, strings quoted where YAML 1.1 would misread them. */
export function canonicalYaml(value: unknown): string {
  return stringify(value, {
    version: '1.1',
    sortMapEntries: (a, b) => compare(String(keyOf(a)), String(keyOf(b))),
    indentSeq: false,
    lineWidth: 0,
    minContentWidth: 0,
    aliasDuplicateObjects: false,
    nullStr: 'null',
  });
}

function keyOf(pair: { key: unknown }): unknown {
  const { key } = pair;
  return typeof key === 'object' && key !== null && 'value' in key ? key.value : key;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
