import type { Phase } from '../../engine/phase.ts';
import type { NodeContext } from '../context.ts';
import { RECORD_PATH, recordIn, recordText } from '../record.ts';
import type { NodeSpec } from '../spec/types.ts';
import { fileStep } from '../steps/file.ts';

export const record: Phase<NodeContext> = {
  name: 'record',
  title: 'Record the cluster on the host',
  after: ['before-join'],
  steps: ({ spec }) => [fileStep('cluster', { path: RECORD_PATH, mode: 0o600, content: recordText(spec) })],
};

/**
 * On a control plane that joins: itself and the control planes of then, which it can be taken out through if it never
 * comes up. Hosts that come and go later are in the cluster's own record, and change nothing here.
 */
export const joinedRecord: Phase<NodeContext> = {
  ...record,
  steps: ({ spec, node }) => [
    {
      name: 'cluster',
      look: [
        { kind: 'file', path: RECORD_PATH, content: true },
        { kind: 'file', path: RECORD_PATH, hash: true },
      ],
      check: (seen) => {
        const { content } = seen.file(RECORD_PATH, { content: true });
        const kept = controlPlanesBeside(recordIn(content)?.hosts ?? [], node);
        const others = kept.length > 0 ? kept : controlPlanesBeside(spec.hosts, node);
        const text = recordText({ ...spec, hosts: [node, ...others] });
        return fileStep('cluster', { path: RECORD_PATH, mode: 0o600, content: text }).check(seen);
      },
    },
  ],
};

function controlPlanesBeside(hosts: readonly NodeSpec[], { name }: NodeSpec): NodeSpec[] {
  return hosts.filter((host) => host.role === 'control-plane' && host.name !== name);
}
