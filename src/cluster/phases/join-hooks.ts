import type { Phase } from '../../engine/phase.ts';
import type { Seen } from '../../engine/seen.ts';
import { change, done, type Step } from '../../engine/step.ts';
import type { Query } from '../../host/port.ts';
import type { NodeContext } from '../context.ts';
import { writtenBy } from '../manifests/written-by.ts';
import { fileStep } from '../steps/file.ts';
import { hookSteps, onlyIf } from '../steps/hooks.ts';

/** A host with this file is a member, or was nearly one when a run was cut. */
const MEMBER = '/etc/kubernetes/kubelet.conf';
/** Stands from the hooks before a join to the end of those after it: what was cut in between is made up for. */
const PENDING = '/etc/kubernetes/kubewright/after-join';
const look: Query[] = [
  { kind: 'file', path: MEMBER },
  { kind: 'file', path: PENDING, hash: true },
];

const isNew = (seen: Seen) => seen.file(MEMBER).type === 'absent';
const isPending = (seen: Seen) => isNew(seen) || seen.file(PENDING, { hash: true }).type === 'file';

/** The user's commands before anything is done on a host that is not of the cluster yet. */
export const beforeJoin: Phase<NodeContext> = {
  name: 'before-join',
  title: 'Run the hooks before the host joins',
  after: ['preflight'],
  steps: ({ spec, node }) => {
    const { beforeJoin: commands, afterJoin } = node.hooks;
    const hooks = hookSteps('beforeJoin', commands, { cluster: spec.name, node: node.name });
    const note = fileStep('note', { path: PENDING, mode: 0o600, content: writtenBy() });
    return onlyIf(isNew, afterJoin.length > 0 ? [...hooks, note] : hooks, look);
  },
};

/** And when it is up. Once for each join, whatever becomes of their text later. */
export const afterJoin: Phase<NodeContext> = {
  name: 'after-join',
  title: 'Run the hooks after the host joined',
  after: ['mark-node'],
  steps: ({ spec, node }) => {
    const { afterJoin: commands } = node.hooks;
    if (commands.length === 0) return [];
    const hooks = hookSteps('afterJoin', commands, { cluster: spec.name, node: node.name });
    return onlyIf(isPending, [...hooks, forget], look);
  },
};

const forget: Step = {
  name: 'forget',
  check: (seen) =>
    isPending(seen) ? change(`remove ${PENDING}`, [{ kind: 'remove', path: PENDING }]) : done,
};
