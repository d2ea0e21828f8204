import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Difference {
  /** A file by its path on the host, `objects/KIND/NAMESPACE/NAME`, `modes`, `node/NAME`. */
  item: string;
  /** Dotted; empty where one side lacks the item. */
  path: string;
  theirs?: unknown;
  ours?: unknown;
}

/** What the real kubeadm of this version (`v1.37.2`) left behind, by scripts/golden.ts. */
export function golden(version: string, name: string): string {
  return readFileSync(join(import.meta.dirname, `kubeadm-${version.slice(1)}`, name), 'utf8');
}

/** Paths at which two values differ, as deep as both have maps or lists of one length. */
export function differences(item: string, theirs: unknown, ours: unknown): Difference[] {
  return differ(item, keyed(theirs), keyed(ours), []);
}

function differ(item: string, theirs: unknown, ours: unknown, path: string[]): Difference[] {
  if (isBranch(theirs) && isBranch(ours) && lengthOf(theirs) === lengthOf(ours)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
    return [...keys].flatMap((key) => differ(item, theirs[key], ours[key], [...path, key]));
  }
  return Object.is(theirs, ours) ? [] : [{ item, path: path.join('.'), theirs, ours }];
}

/**
 * Lists of flags under the flags' names, lists of named things (containers, volumes, environment) under their names:
 * one that is new is one difference, and not everything behind it.
 */
function keyed(value: unknown): unknown {
  if (Array.isArray(value)) {
    const [first, ...rest] = value as unknown[];
    if (rest.length > 0 && rest.every(isFlag)) return { program: first, ...flags(rest) };
    const names = value.map((each) => (isBranch(each) ? each.name : undefined));
    const unique = new Set(names).size === value.length && names.every((name) => typeof name === 'string' && name);
    if (!unique || value.length === 0) return value.map(keyed);
    return Object.fromEntries(value.map((each, index) => [names[index], keyed(each)]));
  }
  if (!isBranch(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, keyed(field)]));
}

function isFlag(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('--');
}

/** A flag that is given twice keeps both values. */
function flags(values: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const value of values) {
    const [name = '', ...rest] = value.split('=');
    found[name] = name in found ? `${found[name]} ${rest.join('=')}` : rest.join('=');
  }
  return found;
}

/** `KUBELET_KUBEADM_ARGS="--a=b --c=d"`: the flags by name. */
export function readFlagsFile(text: string): unknown {
  const [, quoted = ''] = /^KUBELET_KUBEADM_ARGS="(.*)"$/m.exec(text) ?? [];
  return flags(quoted.split(' ').filter(Boolean));
}

/** A file of the host as it is compared: by its meaning where it has one that this test knows. */
export function readFile(path: string, text: string): unknown {
  if (path.endsWith('.env')) return readFlagsFile(text);
  return /\.(yaml|conf)$/.test(path) ? parse(text) : text;
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Maps have none. */
function lengthOf(value: Record<string, unknown>): number | undefined {
  return Array.isArray(value) ? value.length : undefined;
}
