import type { Phase } from '../../engine/phase.ts';
import type { NodeContext } from '../context.ts';
import { hostFiles, sysctls } from '../manifests/host-files.ts';
import { hostsBlock } from '../manifests/hosts-file.ts';
import { blockStep } from '../steps/block.ts';
import { fileStep, stepName } from '../steps/file.ts';
import { sysctlStep } from '../steps/sysctl.ts';

/** Kernel parameters, units and names that everything else stands on. */
export const prepareHost: Phase<NodeContext> = {
  name: 'host',
  title: 'Prepare the host',
  after: ['preflight'],
  steps: ({ spec, node, facts, endpointAddress }) => [
    ...hostFiles(spec, node, facts).map((file) => fileStep(stepName(file.path), file)),
    ...sysctls(spec, facts).map(([key, value]) => sysctlStep(key, value)),
    blockStep('hosts', '/etc/hosts', hostsBlock(spec, endpointAddress)),
  ],
};
