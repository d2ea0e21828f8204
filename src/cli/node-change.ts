import type { NodeChange, NodeChangePlan } from '../cluster/nodes/node-change.ts';
import { removalText } from './clusters/apply.ts';

export function changeText({ node, role, cluster, changed, unchanged, note, seconds }: NodeChange): string {
  const told = note ? ` Of the host before it: ${note}.` : '';
  return `${node} is a ${role.replace('-', ' ')} of ${cluster} (changed ${changed}, unchanged ${unchanged}).${told}\n${seconds.toFixed(1)} s. Next: kubewright get nodes`;
}

export function changePlanText({ removed, joins }: NodeChangePlan): string {
  return [...(removed.length > 0 ? [removalText({ removed })] : []), `Then ${joins}.`].join('\n');
}
