import type { Phase } from '../../engine/phase.ts';
import type { Step } from '../../engine/step.ts';
import type { Query } from '../../host/port.ts';
import type { NodeContext } from '../context.ts';
import { MANIFESTS_DIR } from '../manifests/paths.ts';
import { CA_DIRECTORIES, type StaticPodName, staticPods } from '../manifests/static-pods.ts';
import { fileStep } from '../steps/file.ts';

/** Its manifest; the kubelet starts it. The image has to be there first, or the kubelet would try to pull it. */
export const etcd: Phase<NodeContext> = {
  name: 'etcd',
  title: 'Write the manifest of etcd',
  after: ['certs', 'images-control-plane'],
  steps: (context) => [manifestStep(context, 'etcd')],
};

export const controlPlane: Phase<NodeContext> = {
  name: 'control-plane',
  title: 'Write the manifest of the API server',
  after: ['kubeconfig', 'etcd'],
  steps: (context) => [manifestStep(context, 'kube-apiserver')],
};

/**
 * Not before the API server is ready: until its roles are there these two are refused, and then wait for seconds
 * before they ask again; meanwhile they would take processor time from its start. docs/bench.md has the figures.
 */
export const controllers: Phase<NodeContext> = {
  name: 'controllers',
  title: 'Write the manifests of controller manager and scheduler',
  after: ['wait-control-plane'],
  steps: (context) => [
    manifestStep(context, 'kube-controller-manager'),
    manifestStep(context, 'kube-scheduler'),
  ],
};

function manifestStep({ spec, node }: NodeContext, name: StaticPodName): Step {
  const path = `${MANIFESTS_DIR}/${name}.yaml`;
  const directories = CA_DIRECTORIES.map((path): Query => ({ kind: 'file', path }));
  return {
    name,
    look: [...directories, { kind: 'file', path, hash: true }],
    check: (seen) => {
      const caDirectories = CA_DIRECTORIES.filter((path) => seen.file(path).type === 'directory');
      const file = staticPods(spec, node, { caDirectories }).find((found) => found.path === path)!;
      return fileStep(name, file).check(seen);
    },
  };
}
