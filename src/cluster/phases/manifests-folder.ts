import type { Phase } from '../../engine/phase.ts';
import type { NodeContext } from '../context.ts';
import { MANIFESTS_DIR } from '../manifests/paths.ts';
import { tracesStep } from '../steps/traces.ts';

/** A kubelet that starts before its manifests has to find their folder, or it looks again only 20 s later. */
export const manifestsFolder: Phase<NodeContext> = {
  name: 'manifests-folder',
  title: 'Make the folder of the static pods',
  after: ['host'],
  steps: () => [tracesStep('folder', [{ kind: 'folder', path: MANIFESTS_DIR, mode: 0o700 }])],
};
