import type { Phase } from '../../engine/phase.ts';
import type { JoinControlPlaneContext } from '../context.ts';
import { SHARED_FILES } from '../pki/shared.ts';
import { fileStep, stepName } from '../steps/file.ts';

/** The cluster's authorities and its service-account key, as another control plane has them (kubeadm: download-certs). */
export const sharedKeys: Phase<JoinControlPlaneContext> = {
  name: 'shared-keys',
  title: "Bring the cluster's keys",
  after: ['record'],
  steps: ({ shared }) =>
    SHARED_FILES.flatMap(({ path, mode }) => {
      const content = shared.get(path);
      return content ? [fileStep(stepName(path), { path, mode, content, secret: true })] : [];
    }),
};
