import type { Phase } from '../../engine/phase.ts';
import type { Step } from '../../engine/step.ts';
import type { JoinControlPlaneContext } from '../context.ts';
import { ENCRYPTION_CONFIG, ENCRYPTION_DIR } from '../encryption/config.ts';
import { sharedBy } from '../pki/shared.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { fileStep, stepName } from '../steps/file.ts';
import { tracesStep } from '../steps/traces.ts';

/** The cluster's authorities and its service-account key, as another control plane has them (kubeadm: download-certs). */
export const sharedKeys: Phase<JoinControlPlaneContext> = {
  name: 'shared-keys',
  title: "Bring the cluster's keys",
  after: ['record'],
  steps: ({ shared, spec }) => [
    ...(shared.size > 0 ? [] : laterSteps(spec)),
    ...(shared.has(ENCRYPTION_CONFIG) ? [tracesStep('folder', [encryptionFolder])] : []),
    ...sharedBy(spec).flatMap(({ path, mode }) => {
      const content = shared.get(path);
      return content ? [fileStep(stepName(path), { path, mode, content, secret: true })] : [];
    }),
  ],
};

/** In the plan of a cluster that is to be made. */
function laterSteps(spec: ClusterSpec): Step[] {
  return [later('folder', ENCRYPTION_DIR), ...sharedBy(spec).map(({ path }) => later(stepName(path), path))];
}

function later(name: string, target: string): Step {
  const why = 'it makes the keys of the cluster';
  return {
    name,
    check: () => ({ status: 'deferred', on: 'the first control plane', why, targets: [target] }),
  };
}

const encryptionFolder = { kind: 'folder' as const, path: ENCRYPTION_DIR, mode: 0o700 };
