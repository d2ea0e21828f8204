import type { Phase } from '../../engine/phase.ts';
import type { NodeContext } from '../context.ts';
import { apiWaitStep } from './api-wait.ts';

/** The API server answers /readyz; everything after it speaks to the API. */
export const waitControlPlane: Phase<NodeContext> = {
  name: 'wait-control-plane',
  title: 'Wait for the API server',
  after: ['kubelet-start'],
  steps: (context) => [apiWaitStep(context, 'readyz', '/readyz')],
};
