import type { KubeObject } from '../../kube/port.ts';
import { usageFault } from '../failures.ts';

interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

const OPERATORS: Record<string, (key: string, values: string) => string> = {
  In: (key, values) => `${key} in (${values})`,
  NotIn: (key, values) => `${key} notin (${values})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
};

/** The selector by which a workload or a Service finds its pods. Throws for kinds without one. */
export function podSelector(object: KubeObject): string {
  const { selector } = (object.spec ?? {}) as { selector?: LabelSelector | Record<string, string> };
  const plain = object.kind === 'Service' || object.kind === 'ReplicationController';
  const labels = plain
    ? (selector as Record<string, string>)
    : (selector as LabelSelector | undefined)?.matchLabels;
  const expressions = plain ? [] : ((selector as LabelSelector | undefined)?.matchExpressions ?? []);
  const terms = [
    ...Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`),
    ...expressions.map(({ key, operator, values = [] }) => OPERATORS[operator]!(key, values.join(','))),
  ];
  if (terms.length > 0) return terms.join(',');
  throw usageFault(`${object.kind.toLowerCase()}/${object.metadata.name} has no selector for pods`);
}
