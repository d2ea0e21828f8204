import type { NodeObject } from './phases/node-object.ts';
import { nodeLabels, nodeTaints, roleMarks } from './spec/node.ts';
import type { NodeSpec, Taint } from './spec/types.ts';

/** On the Node: the labels and taints that were ours at the last run, where they are not just those of its role. */
const ANNOTATION = 'kubewright.dev/marks';

/** Names of labels, and `key:effect` of taints. */
interface Marks {
  labels: string[];
  taints: string[];
}

/** The Node with its host's labels and taints; those that were ours and are not wanted any more go, others' stay. */
export function marked(live: NodeObject, node: NodeSpec): NodeObject {
  const [labels, taints] = [nodeLabels(node), nodeTaints(node)];
  const before = marksOf(live, node);
  const now: Marks = { labels: Object.keys(labels).sort(), taints: taints.map(taintKey).sort() };
  const gone = (list: keyof Marks, key: string) => before[list].includes(key) && !now[list].includes(key);
  const kept = Object.entries(live.metadata.labels ?? {}).filter(([key]) => !gone('labels', key));
  const standing = (live.spec?.taints ?? []).filter((taint) => !gone('taints', taintKey(taint)));
  const { [ANNOTATION]: _, ...annotations } = live.metadata.annotations ?? {};
  const noted = JSON.stringify(now) !== JSON.stringify(roleDefaults(node));
  const merged = mergeTaints(standing, taints);
  return {
    ...live,
    metadata: {
      ...live.metadata,
      labels: { ...Object.fromEntries(kept), ...labels },
      annotations: { ...annotations, ...(noted ? { [ANNOTATION]: JSON.stringify(now) } : {}) },
    },
    spec: { ...live.spec, ...(merged.length > 0 || live.spec?.taints ? { taints: merged } : {}) },
  };
}

/** What a Node is to have of ours, and what it has of that or had by our last run. */
export function wantedMarks(node: NodeSpec) {
  return { labels: nodeLabels(node), taints: Object.fromEntries(nodeTaints(node).map(entryOf)) };
}

export function marksIn(live: NodeObject, node: NodeSpec) {
  const [before, wanted] = [marksOf(live, node), wantedMarks(node)];
  const ours = (list: keyof Marks) => new Set([...before[list], ...Object.keys(wanted[list])]);
  const pick = (all: Record<string, string>, keys: ReadonlySet<string>) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => keys.has(key)));
  return {
    labels: pick(live.metadata.labels ?? {}, ours('labels')),
    taints: pick(taintMap(live), ours('taints')),
  };
}

/** What differs, for people: `label rack=a`, `remove taint dedicated:NoSchedule`; empty where nothing does. */
export function markChanges(live: NodeObject | undefined, node: NodeSpec): string[] {
  const before = live ?? { apiVersion: 'v1', kind: 'Node', metadata: { name: node.name } };
  const after = marked(before, node);
  const labels = compare(before.metadata.labels ?? {}, after.metadata.labels ?? {}, 'label');
  const taints = compare(taintMap(before), taintMap(after), 'taint');
  const annotated = before.metadata.annotations?.[ANNOTATION] === after.metadata.annotations?.[ANNOTATION];
  return [...labels, ...taints, ...(annotated ? [] : ['note the labels and taints that are ours'])];
}

function compare(before: Record<string, string>, after: Record<string, string>, what: string): string[] {
  const set = Object.entries(after).filter(([key, value]) => before[key] !== value);
  const removed = Object.keys(before).filter((key) => !(key in after));
  return [
    ...set.map(([key, value]) => `${what} ${key}=${value}`),
    ...removed.map((key) => `remove ${what} ${key}`),
  ];
}

function taintMap(object: NodeObject): Record<string, string> {
  return Object.fromEntries((object.spec?.taints ?? []).map(entryOf));
}

function entryOf(taint: Taint): [string, string] {
  return [taintKey(taint), taint.value ?? ''];
}

/** In their places; new ones at the end. */
function mergeTaints(standing: readonly Taint[], wanted: readonly Taint[]): Taint[] {
  const find = (list: readonly Taint[], taint: Taint) =>
    list.find((other) => taintKey(other) === taintKey(taint));
  const replaced = standing.map((taint) => {
    const own = find(wanted, taint);
    return own && (own.value ?? '') !== (taint.value ?? '') ? own : taint;
  });
  return [...replaced, ...wanted.filter((taint) => !find(standing, taint))];
}

/** A Node without the note has what its role gives it, from us or from kubeadm. */
function marksOf(live: NodeObject, node: NodeSpec): Marks {
  const note = live.metadata.annotations?.[ANNOTATION];
  if (note === undefined) return roleDefaults(node);
  try {
    const { labels, taints } = JSON.parse(note) as Partial<Marks>;
    return { labels: strings(labels), taints: strings(taints) };
  } catch {
    return roleDefaults(node);
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function roleDefaults({ role }: NodeSpec): Marks {
  const { labels, taints } = roleMarks(role);
  return { labels: Object.keys(labels).sort(), taints: taints.map(taintKey).sort() };
}

function taintKey({ key, effect }: Taint): string {
  return `${key}:${effect}`;
}
