import type { Phase } from '../engine/phase.ts';
import type { NodeContext } from './context.ts';
import { hostTraces } from './phases/host.ts';
import { preflight } from './phases/preflight.ts';
import { runtime } from './phases/runtime.ts';
import { imageStep } from './steps/images.ts';

/** As much of the host as containerd needs; `init` and `join` do the rest of this phase. */
const traces: Phase<NodeContext> = {
  name: 'host',
  title: 'Prepare the host',
  after: ['preflight'],
  steps: ({ spec, node }) => [hostTraces(spec, node)],
};

const images: Phase<NodeContext> = {
  name: 'images',
  title: 'Import the images',
  after: ['runtime'],
  steps: (context) => context.images.map(imageStep),
};

/** All images of a cluster on a host that is not of it yet. */
export const pullPhases: readonly Phase<NodeContext>[] = [preflight, traces, runtime, images];
