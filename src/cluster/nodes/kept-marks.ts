import type { ApiClient } from '../../kube/port.ts';
import { type NodeObject, nodeNamed } from '../phases/node-object.ts';
import { roleMarks, taintText } from '../spec/node.ts';
import type { NodeRole, NodeSpec, Taint } from '../spec/types.ts';

/** What the kubelet and the controllers give a Node; it gets that again. */
const GIVEN = ['kubernetes.io/', 'beta.kubernetes.io/', 'node.kubernetes.io/'];

const ofRole = roleMarks('control-plane');

/** The host in its new role, with the labels and taints that somebody gave its Node, by whatever tool. */
export async function inRole(api: ApiClient, node: NodeSpec, role: NodeRole): Promise<NodeSpec> {
  const live = await nodeNamed(api, node.name);
  const labels = { ...ownLabels(live), ...node.labels };
  const taints = ownTaints([...(node.taints ?? []), ...(live?.spec?.taints ?? [])]);
  const { taints: _, ...rest } = node;
  return {
    ...rest,
    role,
    labels,
    ...(taints.length > 0 ? { taints: [...roleMarks(role).taints, ...taints] } : {}),
  };
}

function ownLabels(live: NodeObject | undefined): Record<string, string> {
  const own = Object.entries(live?.metadata.labels ?? {}).filter(
    ([key]) => !(key in ofRole.labels) && !GIVEN.some((prefix) => key.startsWith(prefix)),
  );
  return Object.fromEntries(own);
}

function ownTaints(taints: readonly Taint[]): Taint[] {
  const roles = ofRole.taints.map(taintText);
  const own = taints.filter(
    (taint) => !roles.includes(taintText(taint)) && !GIVEN.some((prefix) => taint.key.startsWith(prefix)),
  );
  const unique = new Map(own.map(({ key, value, effect }) => [`${key}:${effect}`, { key, value, effect }]));
  return [...unique.values()].map(({ value, ...taint }) => (value ? { ...taint, value } : taint));
}
