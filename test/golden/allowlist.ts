import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Difference } from './compare.ts';

/** `dry-run`: kubeadm's golden files; the others: both tools on hosts of one kind. */
export const COMPARISONS = ['dry-run', 'init', 'worker', 'control-plane'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** A difference that is meant. `*` in `item` and `path` stands for anything; a path stands for all below it too. */
export interface Entry {
  item: string;
  path: string;
  reason: string;
  /** What it rests on: a file of kubeadm, a KEP, a number of the CIS benchmark. */
  upstream: string;
  /** Where it has to show: one that does not show there any more fails. */
  in: Comparison[];
}

export const FILE = join(import.meta.dirname, 'allowlist.yaml');

export function allowlist(): Entry[] {
  return parse(readFileSync(FILE, 'utf8')) as Entry[];
}

export interface Verdict {
  /** No entry says that they are meant; with what each side has. */
  unexplained: string[];
  /** Entries of this comparison, about these items, that no longer differ. */
  stale: string[];
}

/** Nothing to complain about: what a comparison has to give. */
export const AGREED: Verdict = { unexplained: [], stale: [] };

/** `only`: the entries that can show in what was compared, where that is not everything. */
export function judge(
  found: readonly Difference[],
  comparison: Comparison,
  only: (entry: Entry) => boolean = () => true,
): Verdict {
  const entries = allowlist().filter((entry) => entry.in.includes(comparison) && only(entry));
  return {
    unexplained: found.filter((each) => !entries.some((entry) => explains(entry, each))).map(told),
    stale: entries
      .filter((entry) => !found.some((each) => explains(entry, each)))
      .map(({ item, path }) => `${item} ${path}`),
  };
}

/** Entries about any of these items. */
export function about(items: readonly string[]): (entry: Pick<Entry, 'item'>) => boolean {
  return ({ item }) => items.some((each) => pattern(item).test(each));
}

function explains(entry: Entry, { item, path }: Difference): boolean {
  if (!pattern(entry.item).test(item)) return false;
  return entry.path === '' ? path === '' : pattern(entry.path, '(\\..*)?').test(path);
}

function told({ item, path, theirs, ours }: Difference): string {
  const [kubeadm, kubewright] = [theirs, ours].map((value) => (JSON.stringify(value) ?? 'nothing').slice(0, 400));
  return `${item} ${path}: kubeadm ${kubeadm}, kubewright ${kubewright}`;
}

function pattern(text: string, after = ''): RegExp {
  const words = text.split('*').map((word) => word.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${words.join('.*')}${after}$`);
}
