import type { Phase } from '../../engine/phase.ts';
import type { NodeContext } from '../context.ts';
import { RECORD_PATH, recordText } from '../record.ts';
import { fileStep } from '../steps/file.ts';

export const record: Phase<NodeContext> = {
  name: 'record',
  title: 'Record the cluster on the host',
  after: ['preflight'],
  steps: ({ spec }) => [fileStep('cluster', { path: RECORD_PATH, mode: 0o600, content: recordText(spec) })],
};
