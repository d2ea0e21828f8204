import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Difference {
  item: string;
  /** Dotted; empty where one side lacks the item. */
  path: string;
}

export function golden(name: string): string {
  return readFileSync(join(import.meta.dirname, 'kubeadm-1.37.2', name), 'utf8');
}

export function allowlist(prefix: string): (Difference & { reason: string })[] {
  const all = parse(readFileSync(join(import.meta.dirname, 'allowlist.yaml'), 'utf8')) as (Difference & {
    reason: string;
  })[];
  return all.filter(({ item }) => item.startsWith(prefix));
}

/** Paths at which two values differ, as deep as both have maps or lists of one length. */
export function differences(item: string, theirs: unknown, ours: unknown, path: string[] = []): Difference[] {
  if (isBranch(theirs) && isBranch(ours) && lengthOf(theirs) === lengthOf(ours)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
    return [...keys].flatMap((key) => differences(item, theirs[key], ours[key], [...path, key]));
  }
  return Object.is(theirs, ours) ? [] : [{ item, path: path.join('.') }];
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Maps have none. */
function lengthOf(value: Record<string, unknown>): number | undefined {
  return Array.isArray(value) ? value.length : undefined;
}
